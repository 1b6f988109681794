'use strict';
const internal = require('internal');

exports.ArangoError = require('@arangodb/arango-error').ArangoError;
exports.errors = require('@arangodb/errors');
for (const name of Object.keys(exports.errors)) {
  exports[name] = exports.errors[name];
}
exports.ArangoCollection = require('@arangodb/arango-collection').ArangoCollection;
exports.ArangoDatabase = require('@arangodb/arango-database').ArangoDatabase;
exports.db = require('@arangodb/arango-database').db;
exports.arango = require('@arangodb/connection').arango;
exports.aql = require('@arangodb/aql').aql;
exports.query = require('@arangodb/aql').query;
exports.time = internal.time;
exports.print = internal.print;
exports.output = internal.output;
exports.inspect = internal.inspect;
exports.isServer = false;
exports.isClient = true;
