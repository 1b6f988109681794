'use strict';
const errors = require('@arangodb/errors');

function numberIn(given) {
  return typeof given.errorNum === 'number' ? given.errorNum : (typeof given.code === 'number' ? given.code : 0);
}

function sentenceIn(given) {
  return given.errorMessage !== undefined && given.errorMessage !== null
    ? String(given.errorMessage)
    : errors.sentence(numberIn(given)) || 'unknown error';
}

// What failed requests throw. `errorNum` is the server's number, `code` the HTTP status.
class ArangoError extends Error {
  constructor(details) {
    const given = details || {};
    super(sentenceIn(given));
    this.errorNum = numberIn(given);
    this.errorMessage = sentenceIn(given);
    this.code = typeof given.code === 'number' ? given.code : 500;
  }

  toString() {
    return 'ArangoError ' + this.errorNum + ': ' + this.errorMessage;
  }

  _PRINT() {
    return '[ArangoError ' + this.errorNum + ': ' + this.errorMessage + ']';
  }
}
ArangoError.prototype.name = 'ArangoError';
ArangoError.prototype.isArangoError = true;

exports.ArangoError = ArangoError;

// Throws for an error number with a sentence of ours.
exports.fail = function (errorNum, errorMessage, code) {
  throw new ArangoError({ errorNum, errorMessage, code });
};
