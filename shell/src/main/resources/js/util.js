'use strict';
const printer = require('@arangodb/printer');

exports.inspect = (value, options) => printer.inspect(value, options);

// %s %d %i %f %j %o %O %%, further values appended with a blank between.
exports.format = function (first, ...rest) {
  let next = 0;
  let text;
  if (typeof first === 'string') {
    text = first.replace(/%[sdifjoO%]/g, mark => {
      if (mark === '%%') {
        return '%';
      }
      if (next >= rest.length) {
        return mark;
      }
      const value = rest[next++];
      switch (mark) {
        case '%s':
          return printer.format(value, { pretty: false });
        case '%d':
          return String(Number(value));
        case '%i':
          return String(Math.trunc(Number(value)));
        case '%f':
          return String(Number.parseFloat(value));
        case '%j':
          return JSON.stringify(value);
        default:
          return printer.inspect(value, { pretty: false });
      }
    });
  } else {
    text = printer.format(first, { pretty: false });
  }
  return [text].concat(rest.slice(next).map(value => printer.format(value, { pretty: false }))).join(' ');
};

exports.inherits = function (constructor, parent) {
  constructor.super_ = parent;
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
};

exports.isArray = Array.isArray;
exports.isBoolean = value => typeof value === 'boolean';
exports.isNull = value => value === null;
exports.isNullOrUndefined = value => value === null || value === undefined;
exports.isNumber = value => typeof value === 'number';
exports.isString = value => typeof value === 'string';
exports.isUndefined = value => value === undefined;
exports.isRegExp = value => value instanceof RegExp;
exports.isObject = value => value !== null && typeof value === 'object';
exports.isDate = value => value instanceof Date;
exports.isError = value => value instanceof Error;
exports.isFunction = value => typeof value === 'function';
exports.isPrimitive = value => value === null || (typeof value !== 'object' && typeof value !== 'function');

exports.isDeepStrictEqual = (a, b) => require('assert').isDeepEqual(a, b, true);

exports.deprecate = callback => callback;
