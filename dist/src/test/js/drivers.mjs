// The official arangojs against one running server: URL, user and password in ARANGO_URL, ARANGO_USER, ARANGO_PASSWORD.
// Loads arangojs from the folder in ARANGOJS (npm's --prefix). Prints one line per finished part; any surprise ends it
// with a stack trace and exit status 1.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const { Database } = createRequire(join(process.env.ARANGOJS, "package.json"))("arangojs");
const { ARANGO_URL: url, ARANGO_USER: username, ARANGO_PASSWORD: password } = process.env;
const system = new Database({ url, auth: { username, password } });

async function fails(errorNum, status, call) {
  await assert.rejects(call, (error) => {
    assert.equal(error.errorNum, errorNum, `${error.stack}`);
    assert.equal(error.code, status, `${error.stack}`);
    return true;
  });
}

async function part(name, steps) {
  await steps();
  console.log(`ok: ${name}`);
}

await part("connect", async () => {
  assert.equal((await system.version()).server, "arango");
  const token = await new Database({ url }).login(username, password);
  assert.ok((await new Database({ url, auth: { token } }).databases()).some((each) => each.name === "_system"));
  await fails(11, 401, () => new Database({ url, auth: { username, password: `not ${password}` } }).version());
});

const db = await system.createDatabase("drivers_js");
const cities = await db.createCollection("cities");
const roads = await db.createEdgeCollection("roads");

await part("databases and collections", async () => {
  assert.ok((await system.listDatabases()).includes("drivers_js"));
  assert.equal(await db.exists(), true);
  assert.equal(await system.database("nowhere").exists(), false);
  await fails(1207, 409, () => system.createDatabase("drivers_js"));
  await fails(1207, 409, () => db.createCollection("cities"));
  await fails(1203, 404, () => db.collection("nowhere").count());
  assert.equal(await db.collection("nowhere").exists(), false);
  assert.equal((await cities.properties()).type, 2);
  assert.equal((await roads.properties()).type, 3);
  assert.deepEqual((await db.listCollections()).map((each) => each.name).sort(), ["cities", "roads"]);
});

await part("documents", async () => {
  const bern = await cities.save({ _key: "bern", name: "Bern", people: 134591, height: 540.5 }, { returnNew: true });
  assert.equal(bern.new.name, "Bern");
  assert.equal(bern._id, "cities/bern");
  await fails(1210, 409, () => cities.save({ _key: "bern" }));
  const read = await cities.document("bern");
  assert.deepEqual([read.name, read.people, read.height, read._rev], ["Bern", 134591, 540.5, bern._rev]);
  await fails(1202, 404, () => cities.document("nowhere"));
  assert.equal(await cities.document("nowhere", true), null);
  assert.equal(await cities.documentExists("bern"), true);
  assert.equal(await cities.documentExists("nowhere"), false);
  const updated = await cities.update("bern", { people: 134592 }, { ifMatch: bern._rev, returnNew: true, returnOld: true });
  assert.deepEqual([updated.old.people, updated.new.people, updated.new.name], [134591, 134592, "Bern"]);
  assert.equal(updated._oldRev, bern._rev);
  await fails(1200, 412, () => cities.update("bern", { people: 0 }, { ifMatch: bern._rev }));
  await fails(1200, 412, () => cities.document("bern", { ifMatch: bern._rev }));
  await cities.replace("bern", { name: "Berne" });
  const replaced = await cities.document("bern");
  assert.deepEqual([replaced.name, replaced.people], ["Berne", undefined]);
  const removed = await cities.remove("bern", { returnOld: true });
  assert.equal(removed.old.name, "Berne");
  await fails(1202, 404, () => cities.remove("bern"));
});

await part("many documents", async () => {
  const saved = await cities.saveAll([{ _key: "a", n: 1 }, { _key: "b", n: 2 }, { _key: "a" }, { n: 4 }]);
  assert.deepEqual(saved.map((each) => each.errorNum), [undefined, undefined, 1210, undefined]);
  assert.deepEqual((await cities.documents(["b", "a"])).map((each) => each.n), [2, 1]);
  const updated = await cities.updateAll([{ _key: "a", m: 1 }, { _key: "nowhere", m: 1 }], { returnNew: true });
  assert.deepEqual([updated[0].new.n, updated[0].new.m, updated[1].errorNum], [1, 1, 1202]);
  await cities.replaceAll([{ _key: "a", only: true }]);
  assert.equal((await cities.document("a")).n, undefined);
  const removed = await cities.removeAll(["a", "nowhere"]);
  assert.deepEqual(removed.map((each) => each.errorNum), [undefined, 1202]);
  assert.equal((await cities.count()).count, 2);
  await cities.truncate();
  assert.equal((await cities.count()).count, 0);
});

await part("edges", async () => {
  await cities.saveAll([{ _key: "bern" }, { _key: "basel" }]);
  const edge = await roads.save({ _from: "cities/bern", _to: "cities/basel", km: 97 });
  assert.equal((await roads.document(edge._key))._to, "cities/basel");
  await fails(1233, 400, () => roads.save({ km: 1 }));
});

await part("import", async () => {
  const objects = await cities.import([{ _key: "x", n: 1 }, { _key: "y", n: 2 }, { _key: "x", n: 3 }], { details: true });
  assert.deepEqual([objects.created, objects.errors, objects.details.length], [2, 1, 1]);
  const lines = '{"_key":"x","n":9}\n{"_key":"z","n":3}\n';
  const replaced = await cities.import(lines, { type: "documents", onDuplicate: "replace" });
  assert.deepEqual([replaced.created, replaced.updated], [1, 1]);
  const rows = await cities.import([["_key", "n"], ["p", 1], ["q", 2]]);
  assert.equal(rows.created, 2);
  assert.equal((await cities.document("x")).n, 9);
});

await part("indexes", async () => {
  const index = await cities.ensureIndex({ type: "persistent", fields: ["code"], unique: true, sparse: true, name: "by_code" });
  assert.equal(index.isNewlyCreated, true);
  assert.equal((await cities.index("by_code")).id, index.id);
  assert.deepEqual((await cities.indexes()).map((each) => each.type), ["primary", "persistent"]);
  assert.deepEqual((await roads.indexes()).map((each) => each.type), ["primary", "edge"]);
  await cities.save({ code: 1 });
  await fails(1210, 409, () => cities.save({ code: 1 }));
  await cities.dropIndex("by_code");
  await cities.save({ code: 1 });
  await fails(1212, 404, () => cities.index("by_code"));
});

await part("users", async () => {
  await system.createUser("grete", { passwd: "secret", active: true, extra: { floor: 3 } });
  await fails(1702, 409, () => system.createUser("grete", "again"));
  assert.equal((await system.getUser("grete")).extra.floor, 3);
  assert.ok((await system.listUsers()).some((each) => each.user === "grete"));
  await system.setUserAccessLevel("grete", { database: "drivers_js" }, "rw");
  await system.setUserAccessLevel("grete", { database: "drivers_js", collection: "cities" }, "ro");
  assert.equal(await system.getUserAccessLevel("grete", { database: "drivers_js" }), "rw");
  assert.equal(await system.getUserAccessLevel("grete", { database: "drivers_js", collection: "cities" }), "ro");
  const hers = new Database({ url, databaseName: "drivers_js", auth: { username: "grete", password: "secret" } });
  assert.equal((await hers.collection("cities").document("x")).n, 9);
  await fails(11, 403, () => hers.collection("cities").save({}));
  await system.removeUser("grete");
  await fails(1703, 404, () => system.getUser("grete"));
});

await part("the end", async () => {
  await roads.drop();
  await cities.rename("towns");
  assert.equal(await db.collection("towns").exists(), true);
  await system.dropDatabase("drivers_js");
  await fails(1228, 404, () => db.listCollections());
});
system.close();
