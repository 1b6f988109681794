'use strict';
const { format } = require('util');
const { terminal, system } = native;
const printer = require('@arangodb/printer');

let indent = '';
const timers = new Map();

function indented(text) {
  return indent === '' ? text : text.split('\n').map(line => indent + line).join('\n');
}

function write(...values) {
  terminal.print(indented(values.length === 0 ? '' : format(...values)) + '\n');
}

// What is not a result goes to standard error, as far as it is a complaint.
function complain(...values) {
  terminal.printError(indented(values.length === 0 ? '' : format(...values)));
}

exports.log = write;
exports.info = write;
exports.debug = write;
exports.warn = complain;
exports.error = complain;
exports.trace = (...values) => complain((values.length === 0 ? 'trace' : format(...values)) + '\n'
  + String(new Error().stack).split('\n').slice(1).join('\n'));
exports.dir = value => write(printer.inspect(value));

exports.assert = function (condition, ...values) {
  if (!condition) {
    complain(values.length === 0 ? 'assertion failed' : 'assertion failed: ' + format(...values));
  }
};

exports.group = function (...values) {
  write(...values);
  indent += '  ';
};
exports.groupCollapsed = exports.group;
exports.groupEnd = function () {
  indent = indent.substring(2);
};

exports.time = function (label) {
  timers.set(String(label), system.nanoTime());
};
exports.timeEnd = function (label) {
  const begin = timers.get(String(label));
  if (begin === undefined) {
    throw new Error('no timer is called "' + label + '"');
  }
  timers.delete(String(label));
  write(label + ': ' + ((system.nanoTime() - begin) / 1e6).toFixed(3) + ' ms');
};

// A line typed by a person, or null where there is none.
exports.getline = () => terminal.readLine();
