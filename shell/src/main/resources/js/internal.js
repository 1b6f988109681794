'use strict';
const system = native.system;
const terminal = native.terminal;
const printer = require('@arangodb/printer');

const style = { pretty: system.prettyPrint(), colors: system.colors() };

exports.printStyle = style;

// Values one after the other, strings plain, then a line end.
exports.print = function print(...values) {
  terminal.print(values.map(value => printer.format(value, style)).join(' ') + '\n');
};
exports.printShell = exports.print;

// As print, without the line end.
exports.output = function output(...values) {
  terminal.print(values.map(value => printer.format(value, style)).join(' '));
  terminal.flush();
};

// The value of a typed command. A cursor shows its first page, and `more` the next.
exports.printResult = function (value) {
  if (value !== null && typeof value === 'object' && typeof value._printPage === 'function') {
    exports.lastCursor = value;
    terminal.print(value._printPage(style) + '\n');
  } else {
    exports.print(value);
  }
};

exports.more = function () {
  if (exports.lastCursor === undefined) {
    exports.print('there is no cursor to show more of');
  } else {
    terminal.print(exports.lastCursor._printPage(style) + '\n');
  }
};

exports.startPrettyPrint = function startPrettyPrint(silent) {
  if (!style.pretty && !silent) {
    exports.print('using pretty printing');
  }
  style.pretty = true;
};

exports.stopPrettyPrint = function stopPrettyPrint(silent) {
  if (style.pretty && !silent) {
    exports.print('disabled pretty printing');
  }
  style.pretty = false;
};

exports.startColorPrint = function startColorPrint(color, silent) {
  if (!style.colors && !silent) {
    exports.print('starting color printing');
  }
  style.colors = true;
};

exports.stopColorPrint = function stopColorPrint(silent) {
  if (style.colors && !silent) {
    exports.print('disabled color printing');
  }
  style.colors = false;
};

exports.inspect = (value, options) => printer.inspect(value, options || style);

exports.sleep = function (seconds) {
  terminal.flush();
  system.sleep(Number(seconds) * 1000);
};
exports.wait = exports.sleep;

// Seconds since the epoch, with fractions.
exports.time = () => system.nowMillis() / 1000;

// Runs a file in the global scope.
exports.load = function (filename) {
  const text = system.fileText(String(filename));
  if (text === null) {
    const { ArangoError } = require('@arangodb/arango-error');
    throw new ArangoError({ errorNum: 2, errorMessage: 'cannot read file: ' + filename });
  }
  return system.evaluate(text.startsWith('#!') ? '//' + text : text, String(filename), false);
};

exports.exit = function (status) {
  terminal.flush();
  native.endProgram(status === undefined || status === true ? 0 : status === false ? 1 : Number(status) | 0);
};

exports.options = () => Object.assign({}, system.options());

exports.env = Object.assign({}, system.environment());

exports.genRandomAlphaNumbers = length =>
  system.randomText(Number(length), 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
exports.genRandomNumbers = length => system.randomText(Number(length), '0123456789');

exports.platform = 'linux';
exports.quiet = exports.options().quiet === 'true';

for (const [name, make] of [
  ['db', () => require('@arangodb').db],
  ['arango', () => require('@arangodb/connection').arango],
  ['ArangoError', () => require('@arangodb/arango-error').ArangoError],
  ['errors', () => require('@arangodb/errors')]]) {
  Object.defineProperty(exports, name, { get: make, enumerable: true, configurable: true });
}

exports.help = function () {
  exports.print(`The shell runs JavaScript against a server. The most useful names:

  db                                   the current database; db._help() lists its methods
  db._useDatabase("name")              change the database
  db._create("name")                   create a collection; db._createEdgeCollection("name") one for edges
  db.name                              a collection; db.name.help() lists its methods
  db.name.save({ ... })                store a document
  db.name.document("key")              read one
  db.name.count()                      how many there are
  require("@arangodb/replication")     synchronize with a leader:
      .syncCollection("name", { endpoint: "tcp://leader:8529", username: "root", password: "..." })
  require("@arangodb/users")           user accounts
  require("fs"), require("internal")   files; time, sleep, load and the like
  print(x), start_pretty_print(), stop_pretty_print(), start_color_print(), stop_color_print()

  help     this text            more     more of the last cursor
  exit     leave (or Ctrl-D)    Ctrl-C   stop what is running`);
};

exports.tutorial = function () {
  exports.print(`Try these one after the other:

  db._create("places")
  db.places.save({ _key: "rome", name: "Rome", inhabitants: 2748109 })
  db.places.document("rome")
  db.places.update("rome", { country: "IT" })
  db.places.document("rome").country
  db.places.count()
  db.places.remove("rome")
  db._drop("places")`);
};
