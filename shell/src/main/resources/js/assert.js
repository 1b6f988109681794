'use strict';
const printer = require('@arangodb/printer');

class AssertionError extends Error {
  constructor(options) {
    super(options.message);
    this.actual = options.actual;
    this.expected = options.expected;
    this.operator = options.operator;
    this.generatedMessage = options.generatedMessage === true;
  }
}
AssertionError.prototype.name = 'AssertionError';
AssertionError.prototype.code = 'ERR_ASSERTION';

function check(condition, message, actual, expected, operator) {
  if (condition) {
    return;
  }
  if (message instanceof Error) {
    throw message;
  }
  const show = value => printer.inspect(value, { pretty: false });
  throw new AssertionError({
    message: message === undefined ? show(actual) + ' ' + operator + ' ' + show(expected) : message,
    actual,
    expected,
    operator,
    generatedMessage: message === undefined
  });
}

// Whether two values have the same structure. Circular structures are equal where they close the same way.
function isDeepEqual(a, b, strict, open = []) {
  if (strict ? Object.is(a, b) : a === b || (a !== a && b !== b)) {
    return true;
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') {
    // eslint-disable-next-line eqeqeq
    return !strict && typeof a !== 'object' && typeof b !== 'object' && a == b;
  }
  if (open.some(([x, y]) => x === a && y === b)) {
    return true;
  }
  if (Array.isArray(a) !== Array.isArray(b) || (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b))) {
    return false;
  }
  if (a instanceof Date && b instanceof Date) {
    return a.getTime() === b.getTime();
  }
  if (a instanceof RegExp && b instanceof RegExp) {
    return String(a) === String(b);
  }
  const pairs = open.concat([[a, b]]);
  if ((a instanceof Map && b instanceof Map) || (a instanceof Set && b instanceof Set)) {
    return a.size === b.size && isDeepEqual(Array.from(a), Array.from(b), strict, pairs);
  }
  const names = Object.keys(a);
  return names.length === Object.keys(b).length
    && names.every(name => Object.hasOwn(b, name) && isDeepEqual(a[name], b[name], strict, pairs));
}

function assert(value, message) {
  check(value, message, value, true, '==');
}

function matches(error, expected) {
  if (expected === undefined) {
    return true;
  }
  if (expected instanceof RegExp) {
    return expected.test(String(error));
  }
  if (typeof expected === 'function') {
    if (expected.prototype !== undefined && error instanceof expected) {
      return true;
    }
    return !Error.isPrototypeOf(expected) && expected !== Error && expected.call({}, error) === true;
  }
  return Object.keys(expected).every(name => isDeepEqual(error[name], expected[name], true));
}

module.exports = Object.assign(assert, {
  AssertionError,
  isDeepEqual,
  ok: assert,
  // eslint-disable-next-line eqeqeq
  equal: (a, b, message) => check(a == b || (a !== a && b !== b), message, a, b, '=='),
  // eslint-disable-next-line eqeqeq
  notEqual: (a, b, message) => check(a != b, message, a, b, '!='),
  strictEqual: (a, b, message) => check(Object.is(a, b), message, a, b, '==='),
  notStrictEqual: (a, b, message) => check(!Object.is(a, b), message, a, b, '!=='),
  deepEqual: (a, b, message) => check(isDeepEqual(a, b, false), message, a, b, 'deepEqual'),
  notDeepEqual: (a, b, message) => check(!isDeepEqual(a, b, false), message, a, b, 'notDeepEqual'),
  deepStrictEqual: (a, b, message) => check(isDeepEqual(a, b, true), message, a, b, 'deepStrictEqual'),
  notDeepStrictEqual: (a, b, message) => check(!isDeepEqual(a, b, true), message, a, b, 'notDeepStrictEqual'),
  fail(message) {
    throw message instanceof Error ? message : new AssertionError({ message: message === undefined ? 'failed' : message, operator: 'fail' });
  },
  throws(action, expected, message) {
    const sentence = typeof expected === 'string' ? expected : message;
    try {
      action();
    } catch (e) {
      if (typeof expected === 'string' || matches(e, expected)) {
        return;
      }
      throw e;
    }
    throw new AssertionError({ message: sentence === undefined ? 'missing expected exception' : sentence, operator: 'throws' });
  },
  doesNotThrow(action) {
    action();
  },
  ifError(value) {
    if (value !== null && value !== undefined) {
      throw value;
    }
  }
});
assert.strict = assert;
