'use strict';
const { arango } = require('@arangodb/connection');
const { SimpleQuery } = require('@arangodb/cursor');
const { fail } = require('@arangodb/arango-error');
const internal = require('internal');

const STATUS_NAMES = { 1: 'new born', 2: 'unloaded', 3: 'loaded', 4: 'unloading', 5: 'deleted', 6: 'loading' };
const PROPERTIES = ['globallyUniqueId', 'isSystem', 'waitForSync', 'keyOptions', 'writeConcern', 'cacheEnabled',
  'syncByRevision', 'schema'];

const INSERT_OPTIONS = ['waitForSync', 'silent', 'returnNew', 'returnOld', 'overwrite', 'overwriteMode', 'keepNull',
  'mergeObjects', 'isRestore'];
const REPLACE_OPTIONS = ['waitForSync', 'silent', 'returnNew', 'returnOld', 'isRestore'];
const UPDATE_OPTIONS = ['waitForSync', 'silent', 'returnNew', 'returnOld', 'keepNull', 'mergeObjects'];
const REMOVE_OPTIONS = ['waitForSync', 'silent', 'returnOld'];

function query(names, options) {
  const parts = names
    .filter(name => options[name] !== undefined && options[name] !== null)
    .map(name => name + '=' + encodeURIComponent(options[name]));
  return parts.length === 0 ? '' : '?' + parts.join('&');
}

function withQuery(url, more) {
  return url + (url.includes('?') ? '&' : '?') + more;
}

function isObject(value) {
  return value !== null && typeof value === 'object';
}

// The options of a call in either form: an object, or arangosh's older positional booleans in the given order.
function optionsFrom(args, positional) {
  if (isObject(args[0])) {
    return Object.assign({}, args[0]);
  }
  const options = {};
  positional.forEach((name, index) => {
    if (args[index] !== undefined && args[index] !== null) {
      options[name] = Boolean(args[index]);
    }
  });
  return options;
}

class ArangoCollection {
  // info: an element of the server's list of collections.
  constructor(database, info) {
    this._database = database;
    this._take(info);
  }

  _take(info) {
    this._id = info.id;
    this._name = info.name;
    this._type = info.type;
    this._status = info.status;
  }

  _url(sub) {
    this._checkThere();
    return '/_api/collection/' + encodeURIComponent(this._name) + (sub === undefined ? '' : '/' + sub);
  }

  _documentUrl(key) {
    this._checkThere();
    return '/_api/document/' + encodeURIComponent(this._name) + (key === undefined ? '' : '/' + encodeURIComponent(key));
  }

  // A collection made later under the same name is another one.
  _checkThere() {
    if (this._status === 5) {
      fail(1203, 'collection or view not found: ' + this._name, 404);
    }
  }

  name() {
    return this._name;
  }

  type() {
    return this._type;
  }

  status() {
    if (this._status !== 5) {
      const reply = arango.attempt('GET', this._url());
      if (reply.status === 404 && reply.reached) {
        this._status = 5;
      } else if (reply.status >= 400) {
        throw reply.error();
      } else {
        this._take(reply.body);
      }
    }
    return this._status;
  }

  properties(changes) {
    const body = changes === undefined
      ? arango.request('GET', this._url('properties'))
      : arango.request('PUT', this._url('properties'), changes);
    const result = {};
    for (const name of PROPERTIES) {
      if (body[name] !== undefined) {
        result[name] = body[name];
      }
    }
    return result;
  }

  count() {
    return arango.request('GET', this._url('count')).count;
  }

  figures(details) {
    return arango.request('GET', this._url('figures') + (details ? '?details=true' : '')).figures;
  }

  revision() {
    return arango.request('GET', this._url('revision')).revision;
  }

  checksum(withRevisions, withData) {
    const body = arango.request('GET', this._url('checksum')
      + '?withRevisions=' + Boolean(withRevisions) + '&withData=' + Boolean(withData));
    return { checksum: body.checksum, revision: body.revision };
  }

  rename(name) {
    const body = arango.request('PUT', this._url('rename'), { name });
    const old = this._name;
    this._take(body);
    this._database._renamed(old, this);
  }

  truncate(options) {
    const given = isObject(options) ? options : options === undefined ? {} : { waitForSync: Boolean(options) };
    arango.request('PUT', this._url('truncate') + query(['waitForSync', 'compact'], given));
  }

  drop(options) {
    const system = isObject(options) ? options.isSystem : options;
    const reply = arango.attempt('DELETE', this._url() + (system ? '?isSystem=true' : ''));
    if (reply.status >= 400 && !(reply.status === 404 && reply.reached)) {
      throw reply.error();
    }
    this._status = 5;
    this._database._dropped(this);
  }

  load() {
    this._take(arango.request('PUT', this._url('load'), { count: false }));
  }

  unload() {
    this._take(arango.request('PUT', this._url('unload')));
  }

  loadIndexesIntoMemory() {
    return arango.request('PUT', this._url('loadIndexesIntoMemory')).result;
  }

  recalculateCount() {
    return arango.request('PUT', this._url('recalculateCount')).result;
  }

  compact() {
    arango.request('PUT', this._url('compact'));
  }

  // The key, and the revision if one is demanded, that a key, id or object stands for.
  _select(selector) {
    if (isObject(selector) && !Array.isArray(selector)) {
      if (selector._id !== undefined && selector._id !== null) {
        return { key: this._keyOf(selector._id), rev: selector._rev };
      }
      if (selector._key !== undefined && selector._key !== null) {
        return { key: this._keyOf(selector._key, true), rev: selector._rev };
      }
      fail(1205, undefined, 400);
    }
    return { key: this._keyOf(selector), rev: undefined };
  }

  _keyOf(handle, onlyKey) {
    if (typeof handle !== 'string' || handle === '') {
      fail(1205, undefined, 400);
    }
    const slash = onlyKey ? -1 : handle.indexOf('/');
    if (slash < 0) {
      return handle;
    }
    if (slash === 0 || slash === handle.length - 1) {
      fail(1205, undefined, 400);
    }
    if (handle.substring(0, slash) !== this._name && handle.substring(0, slash) !== this._id) {
      fail(1213, undefined, 400);
    }
    return handle.substring(slash + 1);
  }

  // What an array call sends for one selector.
  _selectorBody(selector) {
    const { key, rev } = this._select(selector);
    return rev === undefined ? { _key: key } : { _key: key, _rev: rev };
  }

  _ifMatch(rev) {
    return rev === undefined ? undefined : { 'If-Match': '"' + rev + '"' };
  }

  document(selector) {
    if (Array.isArray(selector)) {
      return arango.request('PUT', this._documentUrl() + '?onlyget=true&ignoreRevs=false',
        selector.map(one => this._selectorBody(one)));
    }
    const { key, rev } = this._select(selector);
    return arango.request('GET', this._documentUrl(key), undefined, this._ifMatch(rev));
  }

  exists(selector) {
    if (Array.isArray(selector)) {
      return this.document(selector)
        .map(one => one.error === true && one.errorNum === 1202 ? false : one.error === true ? one
          : { _id: one._id, _key: one._key, _rev: one._rev });
    }
    const { key, rev } = this._select(selector);
    const reply = arango.attempt('HEAD', this._documentUrl(key), undefined, this._ifMatch(rev));
    if (reply.reached && reply.status === 404) {
      // A HEAD has no body that could tell a missing document from a missing collection.
      arango.request('GET', this._url());
      return false;
    }
    if (reply.reached && reply.status === 412) {
      fail(1200, undefined, 412);
    }
    if (reply.status >= 400) {
      throw reply.error();
    }
    return { _id: this._name + '/' + key, _key: key, _rev: String(reply.header('etag')).replace(/^(W\/)?"?|"$/g, '') };
  }

  // save(data[, options]), and for edges also save(from, to, data[, options]).
  insert(data, options, ...rest) {
    let body = data;
    let given = options;
    if (this._type === 3 && (typeof data === 'string' || (isObject(options) && rest.length > 0))) {
      const idOf = end => isObject(end) ? end._id : end;
      body = Object.assign({}, rest[0], { _from: idOf(data), _to: idOf(options) });
      given = rest[1];
    }
    if (body === undefined) {
      fail(1227, undefined, 400);
    }
    const settings = optionsFrom([given], ['waitForSync']);
    const result = arango.request('POST', this._documentUrl() + query(INSERT_OPTIONS, settings), body);
    return settings.silent && !Array.isArray(body) ? true : result;
  }

  save(data, options, ...rest) {
    return this.insert(data, options, ...rest);
  }

  _write(method, known, selector, data, options) {
    if (Array.isArray(selector)) {
      if (!Array.isArray(data) || data.length !== selector.length) {
        fail(10, 'documents and data must be arrays of the same length', 400);
      }
      const body = selector.map((one, index) => Object.assign({}, data[index], this._selectorBody(one)));
      return arango.request(method,
        withQuery(this._documentUrl() + query(known, options), 'ignoreRevs=' + Boolean(options.overwrite)), body);
    }
    if (!isObject(data)) {
      fail(1227, undefined, 400);
    }
    const { key, rev } = this._select(selector);
    const result = arango.request(method, this._documentUrl(key) + query(known, options), data,
      options.overwrite ? undefined : this._ifMatch(rev));
    return options.silent ? true : result;
  }

  replace(selector, data, ...options) {
    return this._write('PUT', REPLACE_OPTIONS, selector, data, optionsFrom(options, ['overwrite', 'waitForSync']));
  }

  update(selector, data, ...options) {
    return this._write('PATCH', UPDATE_OPTIONS, selector, data,
      optionsFrom(options, ['overwrite', 'keepNull', 'waitForSync']));
  }

  remove(selector, ...rest) {
    const options = optionsFrom(rest, ['overwrite', 'waitForSync']);
    if (Array.isArray(selector)) {
      return arango.request('DELETE',
        withQuery(this._documentUrl() + query(REMOVE_OPTIONS, options), 'ignoreRevs=' + Boolean(options.overwrite)),
        selector.map(one => this._selectorBody(one)));
    }
    const { key, rev } = this._select(selector);
    const result = arango.request('DELETE', this._documentUrl(key) + query(REMOVE_OPTIONS, options), undefined,
      options.overwrite ? undefined : this._ifMatch(rev));
    return options.silent ? true : result;
  }

  all() {
    return new SimpleQuery('all', this, {});
  }

  any() {
    return this._simple('any', {}).document;
  }

  // byExample({ a: 1 }) or byExample("a", 1, "b", 2).
  _example(args) {
    if (args.length === 1 && isObject(args[0])) {
      return args[0];
    }
    if (args.length === 0 || args.length % 2 !== 0) {
      fail(10, 'an example is an object, or names and values in turn', 400);
    }
    const example = {};
    for (let i = 0; i < args.length; i += 2) {
      example[args[i]] = args[i + 1];
    }
    return example;
  }

  byExample(...example) {
    return new SimpleQuery('by-example', this, { example: this._example(example) });
  }

  firstExample(...example) {
    const reply = arango.attempt('PUT', '/_api/simple/first-example',
      { collection: this._name, example: this._example(example) });
    if (reply.reached && reply.status === 404 && (reply.body === undefined || reply.body.errorNum !== 1203)) {
      return null;
    }
    if (reply.status >= 400) {
      throw reply.error();
    }
    return reply.body.document;
  }

  _simple(name, body) {
    this._checkThere();
    return arango.request('PUT', '/_api/simple/' + name, Object.assign({ collection: this._name }, body));
  }

  documents(keys) {
    return { documents: this._simple('lookup-by-keys', { keys }).documents };
  }

  lookupByKeys(keys) {
    return this.documents(keys);
  }

  removeByKeys(keys) {
    const body = this._simple('remove-by-keys', { keys });
    return { removed: body.removed, ignored: body.ignored };
  }

  removeByExample(example, options, limit) {
    const given = isObject(options) ? options : { waitForSync: options, limit };
    return this._simple('remove-by-example', { example, options: given }).deleted;
  }

  replaceByExample(example, newValue, options, limit) {
    const given = isObject(options) ? options : { waitForSync: options, limit };
    return this._simple('replace-by-example', { example, newValue, options: given }).replaced;
  }

  updateByExample(example, newValue, options, waitForSync, limit) {
    const given = isObject(options) ? options : { keepNull: options, waitForSync, limit };
    return this._simple('update-by-example', { example, newValue, options: given }).updated;
  }

  toArray() {
    return this.all().toArray();
  }

  // Calls the function with each document and its position, in no order.
  iterate(callback, options) {
    const given = options || {};
    const probability = given.probability === undefined ? 1 : given.probability;
    const cursor = this.all();
    if (given.limit !== undefined && probability >= 1) {
      cursor.limit(given.limit);
    }
    let position = 0;
    for (const document of cursor) {
      if (given.limit !== undefined && position >= given.limit) {
        break;
      }
      if (probability >= 1 || Math.random() <= probability) {
        callback(document, position++);
      }
    }
    cursor.dispose();
  }

  _edges(vertex, direction) {
    if (this._type !== 3) {
      fail(1218, undefined, 400);
    }
    this._checkThere();
    return [].concat(Array.isArray(vertex) ? vertex : [vertex]).flatMap(one => {
      const id = isObject(one) ? one._id : one;
      return arango.request('GET', '/_api/edges/' + encodeURIComponent(this._name) + '?vertex=' + encodeURIComponent(id)
        + (direction === 'any' ? '' : '&direction=' + direction)).edges;
    });
  }

  edges(vertex) {
    return this._edges(vertex, 'any');
  }

  inEdges(vertex) {
    return this._edges(vertex, 'in');
  }

  outEdges(vertex) {
    return this._edges(vertex, 'out');
  }

  ensureIndex(definition) {
    if (!isObject(definition) || Array.isArray(definition)) {
      fail(10, 'ensureIndex needs the definition of an index', 400);
    }
    this._checkThere();
    const body = arango.request('POST', '/_api/index?collection=' + encodeURIComponent(this._name), definition);
    delete body.error;
    return body;
  }

  getIndexes(withStats, withHidden) {
    this._checkThere();
    return arango.request('GET', '/_api/index?collection=' + encodeURIComponent(this._name)
      + (withStats ? '&withStats=true' : '') + (withHidden ? '&withHidden=true' : '')).indexes;
  }

  indexes(withStats, withHidden) {
    return this.getIndexes(withStats, withHidden);
  }

  index(id) {
    this._checkThere();
    const body = arango.request('GET', this._indexUrl(id));
    delete body.error;
    delete body.code;
    return body;
  }

  // Takes an index, its id with or without the collection, or its name.
  _indexUrl(id) {
    let handle = isObject(id) ? id.id : id;
    if (typeof handle === 'number') {
      handle = String(handle);
    }
    if (typeof handle !== 'string' || handle === '') {
      fail(1214, undefined, 400);
    }
    const slash = handle.indexOf('/');
    if (slash >= 0 && handle.substring(0, slash) !== this._name) {
      fail(1213, undefined, 400);
    }
    return '/_api/index/' + encodeURIComponent(this._name) + '/' + encodeURIComponent(handle.substring(slash + 1));
  }

  // False if there was no such index.
  dropIndex(id) {
    this._checkThere();
    const reply = arango.attempt('DELETE', this._indexUrl(id));
    if (reply.reached && reply.status === 404 && reply.body !== undefined && reply.body.errorNum === 1212) {
      return false;
    }
    if (reply.status >= 400) {
      throw reply.error();
    }
    return true;
  }

  help() {
    this._help();
  }

  _help() {
    internal.print(`Collection ${this._name}:
  about it      name() type() status() properties([changes]) count() figures() revision()
                checksum([withRevisions[, withData]]) rename(name) truncate() drop([{ isSystem: true }])
                load() unload() recalculateCount() compact()
  documents     insert/save(document[, options]) document(key) exists(key) replace(key, document[, options])
                update(key, changes[, options]) remove(key[, options]); each takes an array as well
  many          all() any() byExample(example) firstExample(example) documents(keys) removeByKeys(keys)
                removeByExample replaceByExample updateByExample toArray() iterate(function)
                edges/inEdges/outEdges(vertex)
  indexes       ensureIndex(definition) getIndexes() index(id) dropIndex(id)`);
  }

  _PRINT() {
    return '[ArangoCollection ' + this._id + ', "' + this._name + '" (type ' + (this._type === 3 ? 'edge' : 'document')
      + ', status ' + (STATUS_NAMES[this._status] || 'unknown') + ')]';
  }

  toString() {
    return this._PRINT();
  }

  toJSON() {
    return this._name;
  }
}

Object.assign(ArangoCollection, {
  TYPE_DOCUMENT: 2,
  TYPE_EDGE: 3,
  STATUS_CORRUPTED: 0,
  STATUS_NEW_BORN: 1,
  STATUS_UNLOADED: 2,
  STATUS_LOADED: 3,
  STATUS_UNLOADING: 4,
  STATUS_DELETED: 5
});
ArangoCollection.prototype.isArangoCollection = true;

exports.ArangoCollection = ArangoCollection;
