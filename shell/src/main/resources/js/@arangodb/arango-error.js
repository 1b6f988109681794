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

// What failed requests throw. `errorNum` is the server's number, `code` the HTTP status; `detail` is there where the server
// has more to say than its sentence: how a document breaks its collection's schema.
class ArangoError extends Error {
  constructor(details) {
    const given = details || {};
    super(sentenceIn(given));
    this.errorNum = numberIn(given);
    this.errorMessage = sentenceIn(given);
    this.code = typeof given.code === 'number' ? given.code : 500;
    if (typeof given.detail === 'string') {
      this.detail = given.detail;
    }
  }

  toString() {
    return 'ArangoError ' + this.errorNum + ': ' + this.errorMessage + (this.detail ? ' (' + this.detail + ')' : '');
  }

  _PRINT() {
    return '[' + this.toString() + ']';
  }
}
ArangoError.prototype.name = 'ArangoError';
ArangoError.prototype.isArangoError = true;

exports.ArangoError = ArangoError;

// Throws for an error number with a sentence of ours.
exports.fail = function (errorNum, errorMessage, code) {
  throw new ArangoError({ errorNum, errorMessage, code });
};
