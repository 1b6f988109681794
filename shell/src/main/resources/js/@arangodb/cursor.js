'use strict';
const { arango } = require('@arangodb/connection');
const printer = require('@arangodb/printer');
const { fail } = require('@arangodb/arango-error');

// The rows of a query, fetched page by page.
class ArangoQueryCursor {
  // first: the body that answered the query.
  constructor(first) {
    this._page = first.result;
    this._position = 0;
    this._more = first.hasMore === true;
    this._id = first.id;
    this._count = first.count;
    this._cached = first.cached === true;
    this._extra = first.extra;
    this._closed = false;
  }

  _checkOpen() {
    if (this._closed) {
      fail(1600, undefined, 404);
    }
  }

  hasNext() {
    this._checkOpen();
    // A page may be empty although more follow.
    while (this._position >= this._page.length && this._more) {
      this._nextPage();
    }
    return this._position < this._page.length;
  }

  next() {
    return this.hasNext() ? this._page[this._position++] : undefined;
  }

  _nextPage() {
    const body = arango.request('POST', '/_api/cursor/' + encodeURIComponent(this._id));
    this._page = body.result;
    this._position = 0;
    this._more = body.hasMore === true;
    if (body.id !== undefined) {
      this._id = body.id;
    }
    if (!this._more) {
      // The server forgets a cursor with its last page.
      this._id = undefined;
    }
  }

  toArray() {
    const rows = [];
    while (this.hasNext()) {
      rows.push(this._page[this._position++]);
    }
    return rows;
  }

  forEach(callback) {
    while (this.hasNext()) {
      callback(this._page[this._position++]);
    }
  }

  [Symbol.iterator]() {
    return { next: () => this.hasNext() ? { done: false, value: this._page[this._position++] } : { done: true, value: undefined } };
  }

  // Frees the server's side before the end was reached.
  dispose() {
    if (!this._closed && this._id !== undefined) {
      arango.attempt('DELETE', '/_api/cursor/' + encodeURIComponent(this._id));
    }
    this._closed = true;
    this._id = undefined;
    this._page = [];
    this._more = false;
  }

  close() {
    this.dispose();
  }

  // Rows in all, if the query was asked to count them.
  count() {
    this._checkOpen();
    return this._count;
  }

  getExtra() {
    this._checkOpen();
    return this._extra || {};
  }

  id() {
    return this._id;
  }

  _printPage(style) {
    const rows = [];
    if (!this._closed && this.hasNext()) {
      rows.push(...this._page.slice(this._position));
      this._position = this._page.length;
    }
    return printer.inspect(rows, style) + '\n' + this._PRINT()
      + (this._more ? "\ntype 'more' to show more documents" : '');
  }

  _PRINT() {
    return '[object ArangoQueryCursor, count: ' + (this._count === undefined ? 'unknown' : this._count)
      + ', cached: ' + this._cached + ', hasMore: ' + this._more + ']';
  }

  toString() {
    return this._PRINT();
  }
}

// A query that is sent when its first row is asked for, with arangosh's fluent limit and skip.
class SimpleQuery {
  constructor(name, collection, request) {
    this._name = name;
    this._collection = collection;
    this._request = request;
    this._limit = undefined;
    this._skip = undefined;
    this._cursor = undefined;
  }

  _notStarted() {
    if (this._cursor !== undefined) {
      fail(10, 'the query is already running: limit and skip come before its first row', 400);
    }
  }

  limit(count) {
    this._notStarted();
    this._limit = Number(count);
    return this;
  }

  skip(count) {
    this._notStarted();
    this._skip = Number(count);
    return this;
  }

  batchSize(count) {
    this._notStarted();
    this._batchSize = Number(count);
    return this;
  }

  execute(batchSize) {
    if (this._cursor === undefined) {
      const body = Object.assign({ collection: this._collection.name() }, this._request);
      const size = batchSize === undefined ? this._batchSize : batchSize;
      for (const [name, value] of [['limit', this._limit], ['skip', this._skip], ['batchSize', size]]) {
        if (value !== undefined) {
          body[name] = value;
        }
      }
      this._cursor = new ArangoQueryCursor(arango.request('PUT', '/_api/simple/' + this._name, body));
    }
    return this;
  }

  _run() {
    return this.execute()._cursor;
  }

  hasNext() {
    return this._run().hasNext();
  }

  next() {
    return this._run().next();
  }

  toArray() {
    return this._run().toArray();
  }

  forEach(callback) {
    this._run().forEach(callback);
  }

  [Symbol.iterator]() {
    return this._run()[Symbol.iterator]();
  }

  count() {
    return this._run().count();
  }

  dispose() {
    if (this._cursor !== undefined) {
      this._cursor.dispose();
    }
  }

  close() {
    this.dispose();
  }

  id() {
    return this._cursor === undefined ? undefined : this._cursor.id();
  }

  getExtra() {
    return this._run().getExtra();
  }

  _printPage(style) {
    return this._run()._printPage(style);
  }

  _PRINT() {
    const title = this._name.replace(/(^|-)(.)/g, (_, dash, letter) => letter.toUpperCase());
    return 'SimpleQuery' + title + '(' + this._collection.name() + ')'
      + (this._skip === undefined ? '' : '.skip(' + this._skip + ')')
      + (this._limit === undefined ? '' : '.limit(' + this._limit + ')');
  }

  toString() {
    return this._PRINT();
  }
}

exports.ArangoQueryCursor = ArangoQueryCursor;
exports.SimpleQuery = SimpleQuery;
