// Synchronizes one collection from a leader to the follower that this shell is connected to:
//
//   lockstep shell --server.endpoint tcp://follower:8530 --javascript.execute examples/sync-collection.js
//   lockstep shell --server.endpoint tcp://follower:8530 examples/sync-collection.js -- cities tcp://leader:8529
//
// Arguments after "--", all optional: collection, leader's endpoint, user, database. Where an argument is missing, the
// environment decides: LOCKSTEP_COLLECTION, LOCKSTEP_LEADER, LOCKSTEP_LEADER_USERNAME, LOCKSTEP_DATABASE; the password
// comes only from LOCKSTEP_LEADER_PASSWORD, because arguments can be read by everybody on a machine.
// LOCKSTEP_INCREMENTAL=true takes over only what differs; LOCKSTEP_ASYNC=true uses the asynchronous form.
"use strict";

const given = typeof ARGUMENTS === "undefined" ? [] : ARGUMENTS;
const env = require("process").env;
const collection = given[0] || env.LOCKSTEP_COLLECTION || "cities";
const endpoint = given[1] || env.LOCKSTEP_LEADER || "tcp://127.0.0.1:8529";
const username = given[2] || env.LOCKSTEP_LEADER_USERNAME || "root";
const database = given[3] || env.LOCKSTEP_DATABASE || "_system";
const password = env.LOCKSTEP_LEADER_PASSWORD || "";
const incremental = env.LOCKSTEP_INCREMENTAL === "true";

db._useDatabase(database);
const replication = require("@arangodb/replication");

const begun = Date.now();
let result;
if (env.LOCKSTEP_ASYNC === "true") {
  const id = replication.syncCollection(collection, { endpoint, username, password, incremental, async: true });
  print(`synchronizing ${collection} from ${endpoint} as job ${id}`);
  do {
    require("internal").wait(0.2);
    result = replication.getSyncResult(id); // false until it is done; throws the true error if it failed
  } while (result === false);
} else {
  result = replication.syncCollection(collection, { endpoint, username, password, incremental });
}

const seconds = (Date.now() - begun) / 1000;
for (const one of result.collections) {
  print(`${one.name}: ${db[one.name].count()} documents in ${seconds} s, leader's tick ${result.lastLogTick}`);
}
