'use strict';
// Turns values into the text that print() shows.

// Deeper structures end in "...": nobody reads them, and the printer's own recursion is bounded with this.
const DEPTH_MAX = 100;

const COLORS = { key: '\u001b[34m', string: '\u001b[32m', number: '\u001b[36m', constant: '\u001b[35m' };
const RESET = '\u001b[0m';

function colored(kind, text, context) {
  return context.colors ? COLORS[kind] + text + RESET : text;
}

function lineBreak(depth) {
  return '\n' + '  '.repeat(depth);
}

function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function functionText(value) {
  const name = value.name || 'anonymous';
  return /^class\b/.test(Function.prototype.toString.call(value)) ? '[Class "' + name + '"]' : '[Function "' + name + '"]';
}

function objectText(value, depth, context) {
  const names = Object.keys(value);
  if (names.length === 0) {
    return context.pretty ? '{' + lineBreak(depth) + '}' : '{ }';
  }
  const members = [];
  for (const name of names) {
    members.push(colored('key', JSON.stringify(name), context) + ' : ' + text(value[name], depth + 1, context));
  }
  return context.pretty
    ? '{' + lineBreak(depth + 1) + members.join(',' + lineBreak(depth + 1)) + lineBreak(depth) + '}'
    : '{ ' + members.join(', ') + ' }';
}

function arrayText(value, depth, context) {
  if (value.length === 0) {
    return '[ ]';
  }
  const elements = [];
  for (let i = 0; i < value.length; i++) {
    elements.push(text(value[i], depth + 1, context));
  }
  return context.pretty
    ? '[' + lineBreak(depth + 1) + elements.join(',' + lineBreak(depth + 1)) + lineBreak(depth) + ']'
    : '[ ' + elements.join(', ') + ' ]';
}

function text(value, depth, context) {
  switch (typeof value) {
    case 'undefined':
      return colored('constant', 'undefined', context);
    case 'boolean':
      return colored('constant', String(value), context);
    case 'number':
      return colored('number', Object.is(value, -0) ? '-0' : String(value), context);
    case 'bigint':
      return colored('number', String(value), context);
    case 'string':
      return colored('string', JSON.stringify(value), context);
    case 'symbol':
      return value.toString();
    case 'function':
      return functionText(value);
  }
  if (value === null) {
    return colored('constant', 'null', context);
  }
  if (typeof value._PRINT === 'function') {
    return String(value._PRINT(context));
  }
  if (context.open.includes(value)) {
    return '<circular reference>';
  }
  if (depth >= DEPTH_MAX) {
    return '...';
  }
  if (value instanceof Error) {
    return '[' + String(value) + ']';
  }
  if (value instanceof Date) {
    return colored('string', isNaN(value) ? '"Invalid Date"' : JSON.stringify(value), context);
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return text(value.valueOf(), depth, context);
  }
  context.open.push(value);
  try {
    if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
      return arrayText(value, depth, context);
    }
    if (value instanceof Map) {
      return 'Map ' + arrayText(Array.from(value), depth, context);
    }
    if (value instanceof Set) {
      return 'Set ' + arrayText(Array.from(value), depth, context);
    }
    if (value instanceof RegExp || (!isPlain(value) && typeof value.toString === 'function'
        && value.toString !== Object.prototype.toString)) {
      return String(value);
    }
    return objectText(value, depth, context);
  } finally {
    context.open.pop();
  }
}

// The text of a value inside a structure: strings are quoted.
exports.inspect = function (value, options) {
  const given = options || {};
  return text(value, 0, { pretty: given.pretty !== false, colors: given.colors === true, open: [] });
};

// The text of a value on its own: strings are plain.
exports.format = function (value, options) {
  return typeof value === 'string' ? value : exports.inspect(value, options);
};
