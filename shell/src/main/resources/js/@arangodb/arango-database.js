'use strict';
const { arango } = require('@arangodb/connection');
const { ArangoCollection } = require('@arangodb/arango-collection');
const { ArangoQueryCursor } = require('@arangodb/cursor');
const { fail } = require('@arangodb/arango-error');
const internal = require('internal');

// Collection objects by name, or null while the server's list was not read.
let known = null;

function readList(database) {
  const before = known === null ? new Map() : known;
  const fresh = new Map();
  for (const info of arango.request('GET', '/_api/collection').result) {
    const object = before.get(info.name);
    // The same collection stays the same object, so that scripts may keep it.
    if (object !== undefined && object._id === info.id) {
      object._take(info);
      fresh.set(info.name, object);
    } else {
      fresh.set(info.name, new ArangoCollection(database, info));
    }
  }
  known = fresh;
}

function remember(database, info) {
  const object = new ArangoCollection(database, info);
  if (known !== null) {
    known.set(info.name, object);
  }
  return object;
}

function requestCurrent() {
  return arango.request('GET', '/_api/database/current').result;
}

function splitId(id) {
  const handle = id !== null && typeof id === 'object' ? id._id : id;
  if (typeof handle !== 'string' || !/^[^/]+\/[^/]+$/.test(handle)) {
    fail(1205, undefined, 400);
  }
  return handle.substring(0, handle.indexOf('/'));
}

// A query with its parameters, run by execute().
class ArangoStatement {
  constructor(data) {
    if (data === null || typeof data !== 'object') {
      fail(10, 'a statement needs an object with a query', 400);
    }
    const query = data.query !== null && typeof data.query === 'object' ? data.query : { query: data.query };
    this._data = Object.assign({}, data, { query: query.query, bindVars: Object.assign({}, query.bindVars, data.bindVars) });
  }

  bind(name, value) {
    Object.assign(this._data.bindVars, name !== null && typeof name === 'object' ? name : { [name]: value });
  }

  getQuery() {
    return this._data.query;
  }

  setQuery(query) {
    this._data.query = query;
  }

  getBindVariables() {
    return this._data.bindVars;
  }

  setCount(flag) {
    this._data.count = Boolean(flag);
  }

  setBatchSize(size) {
    this._data.batchSize = size;
  }

  setOptions(options) {
    this._data.options = options;
  }

  _body() {
    const body = {};
    for (const name of ['query', 'bindVars', 'count', 'batchSize', 'ttl', 'cache', 'memoryLimit', 'options']) {
      if (this._data[name] !== undefined) {
        body[name] = this._data[name];
      }
    }
    body.bindVars = bindValues(body.bindVars);
    return body;
  }

  execute() {
    return new ArangoQueryCursor(arango.request('POST', '/_api/cursor', this._body()));
  }

  parse() {
    const { bindVars, collections, ast } = arango.request('POST', '/_api/query', { query: this._data.query });
    return { bindVars, collections, ast };
  }

  explain(options) {
    const body = arango.request('POST', '/_api/explain',
      { query: this._data.query, bindVars: bindValues(this._data.bindVars), options: options || {} });
    delete body.error;
    delete body.code;
    return body;
  }

  _PRINT() {
    return '[object ArangoStatement]';
  }
}

// Collections given as parameters are sent by name.
function bindValues(bindVars) {
  const values = {};
  for (const name of Object.keys(bindVars || {})) {
    const value = bindVars[name];
    values[name] = value !== null && typeof value === 'object' && value.isArangoCollection === true ? value.name() : value;
  }
  return values;
}

class ArangoView {
  constructor(info) {
    this._take(info);
  }

  _take(info) {
    this._id = info.id;
    this._name = info.name;
    this._type = info.type;
  }

  _url(sub) {
    return '/_api/view/' + encodeURIComponent(this._name) + (sub === undefined ? '' : '/' + sub);
  }

  name() {
    return this._name;
  }

  type() {
    return this._type;
  }

  properties(changes, partial) {
    return changes === undefined
      ? arango.request('GET', this._url('properties'))
      : arango.request(partial === false ? 'PUT' : 'PATCH', this._url('properties'), changes);
  }

  rename(name) {
    this._take(arango.request('PUT', this._url('rename'), { name }));
  }

  drop() {
    arango.request('DELETE', this._url());
  }

  _PRINT() {
    return '[ArangoView ' + this._id + ', "' + this._name + '" (type ' + this._type + ')]';
  }
}

class ArangoDatabase {
  get _connection() {
    return arango;
  }

  _name() {
    return arango.getDatabaseName();
  }

  _id() {
    return requestCurrent().id;
  }

  _path() {
    return requestCurrent().path;
  }

  _isSystem() {
    return requestCurrent().isSystem;
  }

  _properties() {
    return requestCurrent();
  }

  _databases() {
    return arango.request('GET', '/_api/database').result;
  }

  _createDatabase(name, options, users) {
    const body = { name };
    if (options !== undefined && options !== null) {
      body.options = options;
    }
    body.users = users === undefined || users === null ? [] : users;
    return arango.request('POST', '/_api/database', body).result;
  }

  _dropDatabase(name) {
    return arango.request('DELETE', '/_api/database/' + encodeURIComponent(name)).result;
  }

  _useDatabase(name) {
    if (typeof name !== 'string' || name === '') {
      fail(1229, undefined, 400);
    }
    const reply = arango.attempt('GET', '/_db/' + encodeURIComponent(name) + '/_api/database/current');
    if (reply.status >= 400 || !reply.reached) {
      throw reply.error();
    }
    arango.setDatabaseName(name);
    return true;
  }

  _collections() {
    readList(this);
    return Array.from(known.values()).sort((a, b) => a.name() < b.name() ? -1 : a.name() > b.name() ? 1 : 0);
  }

  _collectionNames() {
    if (known === null) {
      readList(this);
    }
    return Array.from(known.keys());
  }

  // The collection of this name or id, or null.
  _collection(name) {
    const key = typeof name === 'number' ? String(name) : name;
    if (typeof key !== 'string' || key === '') {
      fail(1208, undefined, 400);
    }
    const reply = arango.attempt('GET', '/_api/collection/' + encodeURIComponent(key));
    if (reply.reached && reply.status === 404) {
      if (known !== null) {
        known.delete(key);
      }
      return null;
    }
    if (reply.status >= 400) {
      throw reply.error();
    }
    const object = known === null ? undefined : known.get(reply.body.name);
    if (object !== undefined && object._id === reply.body.id) {
      object._take(reply.body);
      return object;
    }
    return remember(this, reply.body);
  }

  _create(name, properties, type, options) {
    // _create(name, type) and _create(name, properties, options) leave one out.
    const typeGiven = typeof properties === 'string' ? properties : typeof type === 'string' ? type : undefined;
    const given = properties !== null && typeof properties === 'object' ? properties : {};
    const settings = type !== null && typeof type === 'object' ? type : options || {};
    const body = Object.assign({}, given, { name });
    if (typeGiven !== undefined) {
      body.type = typeGiven === 'edge' ? 3 : 2;
    }
    const parts = ['waitForSyncReplication', 'enforceReplicationFactor']
      .filter(option => settings[option] !== undefined)
      .map(option => option + '=' + (settings[option] ? 1 : 0));
    const body2 = arango.request('POST', '/_api/collection' + (parts.length === 0 ? '' : '?' + parts.join('&')), body);
    return remember(this, body2);
  }

  _createDocumentCollection(name, properties, options) {
    return this._create(name, properties, 'document', options);
  }

  _createEdgeCollection(name, properties, options) {
    return this._create(name, properties, 'edge', options);
  }

  // No error if there is none of that name.
  _drop(name, options) {
    const collection = name !== null && typeof name === 'object' ? name : this._collection(name);
    if (collection !== null) {
      collection.drop(options);
    }
  }

  _truncate(name) {
    this._existing(name !== null && typeof name === 'object' ? name.name() : name).truncate();
  }

  _existing(name) {
    const collection = this._collection(name);
    if (collection === null) {
      fail(1203, 'collection or view not found: ' + name, 404);
    }
    return collection;
  }

  _of(id) {
    const name = splitId(id);
    const cached = known === null ? undefined : known.get(name);
    return cached === undefined ? this._existing(name) : cached;
  }

  _document(id) {
    return this._of(id).document(id);
  }

  _exists(id) {
    return this._of(id).exists(id);
  }

  _remove(id, ...options) {
    return this._of(id).remove(id, ...options);
  }

  _replace(id, data, ...options) {
    return this._of(id).replace(id, data, ...options);
  }

  _update(id, data, ...options) {
    return this._of(id).update(id, data, ...options);
  }

  _index(id) {
    const handle = id !== null && typeof id === 'object' ? id.id : id;
    return this._existing(splitIndex(handle)).index(handle);
  }

  _dropIndex(id) {
    const handle = id !== null && typeof id === 'object' ? id.id : id;
    return this._existing(splitIndex(handle)).dropIndex(handle);
  }

  _query(query, bindVars, cursorOptions, options) {
    if (query !== null && typeof query === 'object' && Object.keys(query).length > 2) {
      return new ArangoStatement(query).execute();
    }
    const statement = query !== null && typeof query === 'object'
      // An aql`...` carries its parameters: what follows are the options.
      ? Object.assign({ query: query.query, bindVars: query.bindVars }, bindVars, cursorOptions && { options: cursorOptions })
      : Object.assign({ query, bindVars: bindVars || {} }, cursorOptions, options && { options });
    return new ArangoStatement(statement).execute();
  }

  _createStatement(data) {
    return new ArangoStatement(data);
  }

  _parse(query) {
    return new ArangoStatement({ query }).parse();
  }

  _explain(query, bindVars, options) {
    const data = query !== null && typeof query === 'object' ? query : { query, bindVars };
    internal.print(new ArangoStatement(data).explain(options));
  }

  _executeTransaction(data) {
    const body = Object.assign({}, data);
    if (typeof body.action === 'function') {
      body.action = String(body.action);
    }
    return arango.request('POST', '/_api/transaction', body).result;
  }

  _createTransaction(data) {
    return arango.request('POST', '/_api/transaction/begin', data).result;
  }

  _version(details) {
    const body = arango.request('GET', '/_api/version' + (details ? '?details=true' : ''));
    return details ? body : body.version;
  }

  _engine() {
    return arango.request('GET', '/_api/engine');
  }

  _engineStats() {
    return arango.request('GET', '/_api/engine/stats');
  }

  _compact(options) {
    return arango.request('PUT', '/_admin/compact', options || {});
  }

  _views() {
    return arango.request('GET', '/_api/view').result.map(info => new ArangoView(info));
  }

  _view(name) {
    const reply = arango.attempt('GET', '/_api/view/' + encodeURIComponent(name));
    if (reply.reached && reply.status === 404) {
      return null;
    }
    if (reply.status >= 400) {
      throw reply.error();
    }
    return new ArangoView(reply.body);
  }

  _createView(name, type, properties) {
    return new ArangoView(arango.request('POST', '/_api/view', Object.assign({}, properties, { name, type })));
  }

  _dropView(name) {
    const view = this._view(name);
    if (view !== null) {
      view.drop();
    }
  }

  _flushCache() {
    known = null;
  }

  _renamed(old, collection) {
    if (known !== null) {
      known.delete(old);
      known.set(collection.name(), collection);
    }
  }

  _dropped(collection) {
    if (known !== null && known.get(collection.name()) === collection) {
      known.delete(collection.name());
    }
  }

  // What db.<name> finds: the collection or undefined. A name that is not in the cache may be new on the server.
  _named(name) {
    if (known !== null && known.has(name)) {
      return known.get(name);
    }
    readList(this);
    return known.get(name);
  }

  _help() {
    internal.print(`The database "${this._name()}":
  db.<name>            a collection
  collections          _collections() _collection(name) _create(name[, properties[, type]])
                       _createEdgeCollection(name[, properties]) _drop(name) _truncate(name)
  documents            _document(id) _exists(id) _remove(id) _replace(id, document) _update(id, changes)
  databases            _name() _id() _properties() _databases() _useDatabase(name)
                       _createDatabase(name[, options[, users]]) _dropDatabase(name)
  indexes              _index(id) _dropIndex(id)
  queries              _query(text[, bindVars]) _createStatement(data) _parse(text) _explain(text)
  server               _version([details]) _engine() _engineStats() _connection
  others               _views() _view(name) _flushCache() _help()`);
  }

  _PRINT() {
    return '[object ArangoDatabase "' + this._name() + '"]';
  }

  toString() {
    return this._PRINT();
  }
}

function splitIndex(handle) {
  if (typeof handle !== 'string' || !/^[^/]+\/[^/]+$/.test(handle)) {
    fail(1214, undefined, 400);
  }
  return handle.substring(0, handle.indexOf('/'));
}

// Names that the language itself asks every object for: no reason to ask the server.
const NO_COLLECTIONS = new Set(['then', 'toJSON', 'inspect', '_printPage', 'isArangoCollection', 'query', 'bindVars']);

exports.ArangoDatabase = ArangoDatabase;
exports.ArangoStatement = ArangoStatement;
exports.db = new Proxy(new ArangoDatabase(), {
  get(target, name) {
    if (typeof name === 'symbol' || name in target || NO_COLLECTIONS.has(name)) {
      return target[name];
    }
    return exports.db._named(name);
  },
  has(target, name) {
    return name in target || (typeof name === 'string' && exports.db._named(name) !== undefined);
  },
  ownKeys() {
    return exports.db._collectionNames();
  },
  getOwnPropertyDescriptor(target, name) {
    const value = typeof name === 'string' && !(name in target) ? exports.db._named(name) : undefined;
    return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: false };
  }
});
