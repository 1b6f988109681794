'use strict';
// Synchronizing this server (the follower, the one the shell is connected to) with a leader.
const { arango } = require('@arangodb/connection');
const { ArangoError, fail } = require('@arangodb/arango-error');
const { system, terminal } = native;

// --- options ---------------------------------------------------------------------------------------------------------

const isInteger = value => Number.isInteger(value) && value >= 0;
const TYPES = {
  string: [value => typeof value === 'string', 'a string'],
  boolean: [value => typeof value === 'boolean', 'true or false'],
  seconds: [value => typeof value === 'number' && Number.isFinite(value), 'a number of seconds'],
  integer: [isInteger, 'a whole number, 0 or more'],
  tolerance: [value => isInteger(value) || typeof value === 'boolean', 'a whole number, 0 or more, or true or false'],
  restriction: [value => ['', 'include', 'exclude'].includes(value), '"include", "exclude" or ""'],
  compression: [value => ['auto', 'none', 'zstd'].includes(value), '"auto", "none" or "zstd"'],
  names: [value => Array.isArray(value) && value.every(name => typeof name === 'string' && name !== ''), 'an array of collection names'],
  anything: [() => true, '']
};
const OPTIONS = {
  endpoint: 'string', database: 'string', username: 'string', password: 'string', jwt: 'string',
  incremental: 'boolean', initialSyncMaxWaitTime: 'seconds', requestTimeout: 'seconds', connectTimeout: 'seconds',
  chunkSize: 'integer', includeSystem: 'boolean', includeFoxxQueues: 'boolean', restrictType: 'restriction',
  restrictCollections: 'names', skipCreateDrop: 'boolean', verbose: 'boolean', maxPacketSize: 'integer',
  sslProtocol: 'integer', ignoreErrors: 'tolerance', lockTimeoutRetries: 'integer', autoStart: 'boolean',
  autoResync: 'boolean', autoResyncRetries: 'integer', adaptivePolling: 'boolean', requireFromPresent: 'boolean',
  maxConnectRetries: 'integer', connectionRetryWaitTime: 'seconds', idleMinWaitTime: 'seconds', idleMaxWaitTime: 'seconds',
  compression: 'compression', maxBandwidth: 'integer', useExtensions: 'boolean', useChangeLog: 'boolean', force32mode: 'boolean',
  // What a stock server's applier-config may bring along when it is fed back; servers ignore them.
  barrierId: 'anything', leaderId: 'anything', masterId: 'anything', clientInfoString: 'anything',
  // Meant for the shell alone, never sent.
  async: 'boolean', progress: 'boolean', ignoreMissing: 'boolean'
};
const SHELL_ONLY = ['async', 'progress', 'ignoreMissing'];

function invalid(detail) {
  fail(1410, 'invalid replication applier configuration: ' + detail, 400);
}

function shown(value) {
  return value === undefined ? 'undefined' : JSON.stringify(value);
}

// A checked copy of the caller's options; the caller's object is left alone.
function checked(config) {
  if (config === undefined || config === null) {
    return {};
  }
  if (typeof config !== 'object' || Array.isArray(config)) {
    invalid('the options must be an object, not ' + shown(config));
  }
  for (const name of Object.keys(config)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      const nearest = system.nearestName(name, Object.keys(OPTIONS));
      invalid("unknown option '" + name + "'" + (nearest === null ? '' : "; did you mean '" + nearest + "'?"));
    }
    const [accepts, expected] = TYPES[OPTIONS[name]];
    if (config[name] === undefined) {
      continue;
    }
    if (!accepts(config[name])) {
      const secret = name === 'password' || name === 'jwt';
      invalid("option '" + name + "' must be " + expected + (secret ? '' : ', not ' + shown(config[name])));
    }
  }
  return Object.assign({}, config);
}

function forServer(config) {
  const body = Object.assign({}, config);
  SHELL_ONLY.forEach(name => delete body[name]);
  return body;
}

// --- starting jobs and waiting for them ------------------------------------------------------------------------------

// Names of the collections asked for by jobs of this session, by job id: an empty result is then known to be a miss.
const wanted = new Map();
// More jobs than anybody waits for in one session; the oldest is forgotten first.
const WANTED_MAX = 1000;

// The waits between two looks at a job, in milliseconds: at once for the small ones, and a long one costs little.
const PAUSE_FIRST = 10;
const PAUSE_MAX = 50;
const PROGRESS_EVERY = 250;
const REPORT_EVERY = 10000;
// Looks at a job that may fail in a row (server overloaded, connection just closed) before we give up waiting.
const LOST_MAX = 5;

// The id of the started job, or { result } if the server did it right away.
function start(url, config) {
  const headers = { 'X-Arango-Async': 'store' };
  if (!config.ignoreMissing) {
    // Tells our server to be as strict as this shell: unknown options and a collection the leader lacks are errors.
    headers['x-lockstep-client'] = 'shell';
  }
  const reply = arango.exchange('PUT', url, forServer(config), headers);
  const id = reply.header('x-arango-async-id');
  return id === null ? { result: reply.body } : { id };
}

// Looks at a job once: undefined while it is not done, else { result }; its failure is thrown.
function look(id) {
  const reply = arango.attempt('PUT', '/_api/job/' + encodeURIComponent(id), '');
  if (!reply.reached) {
    throw Object.assign(reply.error(), { lost: true });
  }
  const done = reply.header('x-arango-async-id') !== null;
  if (reply.status === 204 && !done) {
    return undefined;
  }
  if (reply.status === 404 && !done) {
    throw new ArangoError({
      errorNum: 404,
      code: 404,
      errorMessage: 'job ' + id + ' is not known: never started here, expired, already fetched, or somebody else\'s'
    });
  }
  if (reply.status >= 400) {
    throw reply.error();
  }
  return { result: reply.body };
}

// Shows how a job gets on: a line that is overwritten where a person watches, now and then a line on standard error
// where none does; and what it has done when it is over. Servers that do not tell are asked once.
class Progress {
  constructor(id, enabled) {
    this._id = id;
    this._enabled = enabled;
    this._live = terminal.isTerminal();
    this._next = system.nowMillis() + (this._live ? PROGRESS_EVERY : REPORT_EVERY);
    this._shown = false;
  }

  // What the server tells of the job, as JSON; undefined from the first time on that it does not.
  _told() {
    const reply = this._enabled
      ? arango.attempt('GET', '/_api/replication/jobs/' + encodeURIComponent(this._id)) : { reached: false };
    this._enabled = reply.reached && reply.status === 200 && reply.body !== null && typeof reply.body === 'object';
    return this._enabled ? JSON.stringify(reply.body) : undefined;
  }

  tick() {
    if (!this._enabled || system.nowMillis() < this._next) {
      return;
    }
    const told = this._told();
    if (told === undefined) {
      return;
    }
    const line = system.syncProgress(told);
    if (this._live) {
      terminal.printTransient(line);
      this._shown = true;
    } else if (line !== '') {
      terminal.printError('still synchronizing... last received status: ' + new Date().toISOString() + ': ' + line);
    }
    this._next = system.nowMillis() + (this._live ? PROGRESS_EVERY : REPORT_EVERY);
  }

  // The job is over, one way or the other: what it did, and every warning.
  end() {
    const told = this._told();
    this.clear();
    const text = told === undefined ? '' : system.syncEnd(told);
    if (text !== '') {
      terminal.printError(text);
    }
  }

  clear() {
    if (this._shown) {
      terminal.printTransient('');
      this._shown = false;
    }
  }
}

function wait(id, config) {
  const progress = new Progress(id, config.progress !== false);
  const goesOn = 'job ' + id + ' goes on at the server; ask with require("@arangodb/replication").getSyncResult("' + id
    + '"), or cancel it with arango.PUT("/_api/job/' + id + '/cancel", "")';
  system.setInterruptNotice(goesOn);
  let pause = PAUSE_FIRST;
  let lost = 0;
  try {
    for (;;) {
      system.sleep(pause);
      let done;
      try {
        done = look(id);
        lost = 0;
      } catch (e) {
        if (e.lost !== true) {
          progress.end();
          throw e;
        }
        if (++lost >= LOST_MAX) {
          throw new ArangoError({ errorNum: e.errorNum, code: e.code,
            errorMessage: e.errorMessage + ' (while waiting; ' + goesOn + ')' });
        }
      }
      if (done !== undefined) {
        progress.end();
        return done.result;
      }
      progress.tick();
      pause = Math.min(PAUSE_MAX, pause * 1.5);
    }
  } finally {
    progress.clear();
    system.setInterruptNotice('');
  }
}

function run(url, config, names) {
  const started = start(url, config);
  if (started.id === undefined) {
    return found(started.result, names);
  }
  if (names !== undefined && !config.ignoreMissing) {
    wanted.set(started.id, names);
    if (wanted.size > WANTED_MAX) {
      wanted.delete(wanted.keys().next().value);
    }
  }
  return config.async ? started.id : found(wait(started.id, config), config.ignoreMissing ? undefined : names);
}

// The result, unless the leader had nothing of what was asked for.
function found(result, names) {
  if (names !== undefined && result !== null && typeof result === 'object' && Array.isArray(result.collections)
      && result.collections.length === 0) {
    fail(1203, 'collection or view not found on the leader: ' + names, 404);
  }
  return result;
}

// --- the calls -------------------------------------------------------------------------------------------------------

// Copies what the leader has of this database.
exports.sync = config => run('/_api/replication/sync', checked(config));

// Copies all databases. Only from the _system database.
exports.syncGlobal = config => run('/_db/_system/_api/replication/sync?global=true', checked(config));

// Copies one collection.
exports.syncCollection = function (collection, config) {
  if (typeof collection !== 'string' || collection === '') {
    fail(10, 'syncCollection needs the name of a collection, not ' + shown(collection), 400);
  }
  const options = checked(config);
  options.restrictType = 'include';
  options.restrictCollections = [collection];
  options.includeSystem = true;
  return run('/_api/replication/sync', options, collection);
};

function jobId(id, call) {
  const job = typeof id === 'number' ? String(id) : id;
  if (typeof job !== 'string' || !/^\d+$/.test(job)) {
    fail(10, call + ' needs the id that an asynchronous call returned, not ' + shown(id), 400);
  }
  return job;
}

// False while the job runs; then its result, or its failure as ArangoError.
exports.getSyncResult = function (id) {
  const job = jobId(id, 'getSyncResult');
  const done = look(job);
  return done === undefined ? false : found(done.result, wanted.get(job));
};

// --- what jobs do and have done: arangosh has none of these ----------------------------------------------------------

// Those at work first, then the last ones that are over.
exports.jobs = () => arango.request('GET', '/_api/replication/jobs');

exports.job = id => arango.request('GET', '/_api/replication/jobs/' + jobId(id, 'job'));

// Ends a job at its next step; the old data stay. Returns what is known of it, which for a job that is over already is
// all that happens.
exports.cancel = id => arango.request('DELETE', '/_api/replication/jobs/' + jobId(id, 'cancel'));

// --- following -------------------------------------------------------------------------------------------------------

function setup(prefix, query, config) {
  const options = checked(config);
  for (const [name, value] of [['autoStart', true], ['includeSystem', true], ['verbose', false]]) {
    if (options[name] === undefined) {
      options[name] = value;
    }
  }
  try {
    return run(prefix + '/_api/replication/make-follower' + query, options);
  } catch (e) {
    if (e.isArangoError && e.errorNum === 404 && !options.async) {
      // Servers before 3.8 know it by its older name.
      return run(prefix + '/_api/replication/make-slave' + query, options);
    }
    throw e;
  }
}

// Copies this database and follows the leader from then on.
exports.setupReplication = config => setup('', '', config);

// The same for all databases.
exports.setupReplicationGlobal = config => setup('/_db/_system', '?global=true', config);

function applierFor(prefix, query) {
  const url = (name, more) => {
    const parts = query.concat(more || []);
    return prefix + '/_api/replication/' + name + (parts.length === 0 ? '' : '?' + parts.join('&'));
  };
  const applier = {
    start(tick, barrierId) {
      const more = [];
      if (tick !== undefined && tick !== null) {
        more.push('from=' + encodeURIComponent(tick));
      }
      if (barrierId !== undefined && barrierId !== null) {
        more.push('barrierId=' + encodeURIComponent(barrierId));
      }
      return arango.request('PUT', url('applier-start', more), '');
    },
    stop() {
      return arango.request('PUT', url('applier-stop'), '');
    },
    state() {
      return arango.request('GET', url('applier-state'));
    },
    stateAll() {
      return arango.request('GET', url('applier-state-all'));
    },
    forget() {
      return arango.request('DELETE', url('applier-state'));
    },
    properties(config) {
      return config === undefined
        ? arango.request('GET', url('applier-config'))
        : arango.request('PUT', url('applier-config'), forServer(checked(config)));
    }
  };
  applier.shutdown = applier.stop;
  return applier;
}

exports.applier = applierFor('', []);
exports.globalApplier = applierFor('/_db/_system', ['global=true']);

exports.logger = {
  state() {
    return arango.request('GET', '/_api/replication/logger-state');
  },
  tickRanges() {
    return arango.request('GET', '/_api/replication/logger-tick-ranges');
  },
  // The oldest tick that a follower could start from, or null.
  firstTick() {
    return arango.request('GET', '/_api/replication/logger-first-tick').firstTick;
  }
};

exports.serverId = () => arango.request('GET', '/_api/replication/server-id').serverId;

// -1, 0 or 1. Ticks are decimal strings that a JavaScript number cannot hold.
exports.compareTicks = function (left, right) {
  const [a, b] = [String(left), String(right)].map(tick => tick.replace(/^0+(?=\d)/, ''));
  if (a.length !== b.length) {
    return a.length < b.length ? -1 : 1;
  }
  return a === b ? 0 : a < b ? -1 : 1;
};
