'use strict';
const { ArangoError } = require('@arangodb/arango-error');

// Throws if the body of a reply says that the request failed; returns it without its `error` member otherwise.
exports.checkRequestResult = function (result) {
  if (result === undefined) {
    throw new ArangoError({ errorNum: 4, code: 500, errorMessage: 'Unknown error. Request result is empty' });
  }
  if (result !== null && typeof result === 'object' && !Array.isArray(result) && Object.hasOwn(result, 'error')) {
    if (result.error) {
      if (result.errorNum === 17) {
        throw new TypeError(result.errorMessage);
      }
      throw new ArangoError(result);
    }
    const copy = Object.assign({}, result);
    delete copy.error;
    return copy;
  }
  return result;
};

exports.getIdString = function (object, typeName) {
  return '[object ' + typeName + ']';
};
