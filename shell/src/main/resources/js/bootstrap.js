// Makes a bare JavaScript context into the shell's: require(), globals, and what the Java side calls.
(function (system, connection, terminal, files) {
  'use strict';
  const endProgram = globalThis.quit;
  // What the engine's own shell mode brings along; ours replace some of these, the others nobody expects.
  for (const name of ['quit', 'readline', 'read', 'readbuffer', 'load', 'loadWithNewGlobal', 'print', 'printErr',
    'console', 'performance', 'arguments', 'Graal', 'Polyglot', 'Java', 'Packages']) {
    delete globalThis[name];
  }

  const native = { system, connection, terminal, files, endProgram };
  const cache = Object.create(null);

  function normalize(path) {
    const parts = [];
    for (const part of path.split('/')) {
      if (part === '..') {
        parts.pop();
      } else if (part !== '' && part !== '.') {
        parts.push(part);
      }
    }
    return '/' + parts.join('/');
  }

  function directoryOf(path) {
    const slash = path.lastIndexOf('/');
    return slash <= 0 ? '/' : path.substring(0, slash);
  }

  class Module {
    constructor(id, filename, parent) {
      this.id = id;
      this.filename = filename;
      this.dirname = filename === null ? system.workingDirectory() : directoryOf(filename);
      this.exports = {};
      this.loaded = false;
      this.parent = parent;
      this.children = [];
      this.paths = searchPaths(this.dirname);
      const self = this;
      this.require = function require(name) {
        return load(name, self);
      };
      this.require.cache = cache;
      this.require.resolve = name => locate(name, self).id;
    }
  }
  Module.builtinModules = ['@arangodb', '@arangodb/aql', '@arangodb/arango-collection', '@arangodb/arango-database',
    '@arangodb/arangosh', '@arangodb/errors', '@arangodb/replication', '@arangodb/users', 'assert', 'buffer', 'console',
    'events', 'fs', 'internal', 'module', 'path', 'process', 'querystring', 'url', 'util'];

  function searchPaths(directory) {
    const paths = [];
    for (let folder = directory; ; folder = directoryOf(folder)) {
      paths.push((folder === '/' ? '' : folder) + '/node_modules');
      if (folder === '/') {
        return paths;
      }
    }
  }

  function notAvailable(name) {
    const error = new Error("module '" + name + "' is not available in Lockstep's shell");
    error.code = 'MODULE_NOT_FOUND';
    return error;
  }

  // A file, the file with an ending, or a folder's main file; null if there is none.
  function fileAt(path) {
    for (const candidate of [path, path + '.js', path + '.json']) {
      const text = system.fileText(candidate);
      if (text !== null) {
        return { id: candidate, filename: candidate, text, own: false };
      }
    }
    const description = system.fileText(path + '/package.json');
    if (description !== null) {
      const main = JSON.parse(description).main;
      if (typeof main === 'string' && main !== '') {
        const found = fileAt(normalize(path + '/' + main));
        if (found !== null) {
          return found;
        }
      }
    }
    const index = system.fileText(path + '/index.js');
    return index === null ? null : { id: path + '/index.js', filename: path + '/index.js', text: index, own: false };
  }

  function locate(request, from) {
    if (typeof request !== 'string' || request === '') {
      throw new TypeError('require() needs the name of a module');
    }
    const name = request.startsWith('node:') ? request.substring(5) : request;
    if (/^(\.\.?)?\//.test(name) || name === '.' || name === '..') {
      const found = fileAt(normalize(name.startsWith('/') ? name : from.dirname + '/' + name));
      if (found === null) {
        const error = new Error("cannot find module '" + name + "' (looked from " + from.dirname + ')');
        error.code = 'MODULE_NOT_FOUND';
        throw error;
      }
      return found;
    }
    if (Module.builtinModules.includes(name) || from.own) {
      const text = cache[name] !== undefined ? '' : system.moduleSource(name);
      if (text !== null) {
        return { id: name, filename: null, text, own: true };
      }
    }
    const folders = from.paths.slice();
    if (system.currentModuleDirectory()) {
      folders.push(system.workingDirectory());
    }
    folders.push(system.startupDirectory());
    for (const folder of folders) {
      const found = fileAt(folder + '/' + name);
      if (found !== null) {
        return found;
      }
    }
    throw notAvailable(name);
  }

  function load(name, from) {
    const found = locate(name, from);
    if (cache[found.id] !== undefined) {
      return cache[found.id].exports;
    }
    const module = new Module(found.id, found.filename, from);
    module.own = found.own;
    cache[found.id] = module;
    from.children.push(module);
    try {
      if (found.id.endsWith('.json') && !found.own) {
        module.exports = JSON.parse(found.text);
      } else {
        const source = found.text.startsWith('#!') ? '//' + found.text : found.text;
        const body = system.evaluate(
          '(function (exports, require, module, __filename, __dirname, native) {' + source + '\n})',
          found.own ? 'lockstep:' + found.id : found.filename, found.own);
        body.call(module.exports, module.exports, module.require, module, found.filename || found.id, module.dirname,
          found.own ? native : undefined);
      }
      module.loaded = true;
    } catch (e) {
      // A module that failed half-way must not be handed out by the next require.
      delete cache[found.id];
      throw e;
    }
    return module.exports;
  }

  const root = new Module('.', null, null);
  native.Module = Module;
  const own = new Module('lockstep:bootstrap', null, null);
  own.own = true;

  const internal = load('internal', own);
  const ArangoError = load('@arangodb/arango-error', own).ArangoError;
  system.setThrower(function (errorNum, errorMessage) {
    throw new ArangoError({ errorNum, errorMessage });
  });

  function define(name, value) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }

  // Loaded when first used: a script that only prints needs none of them.
  function defineLazily(name, make) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      enumerable: false,
      get() {
        const value = make();
        define(name, value);
        return value;
      },
      set(value) {
        define(name, value);
      }
    });
  }

  define('global', globalThis);
  define('require', root.require);
  define('module', root);
  define('exports', root.exports);
  define('__filename', '');
  define('__dirname', root.dirname);
  define('ARGUMENTS', Array.from(system.arguments()));
  define('print', internal.print);
  define('output', internal.output);
  define('start_pretty_print', internal.startPrettyPrint);
  define('stop_pretty_print', internal.stopPrettyPrint);
  define('start_color_print', internal.startColorPrint);
  define('stop_color_print', internal.stopColorPrint);
  define('help', () => internal.help());
  define('tutorial', () => internal.tutorial());
  defineLazily('db', () => load('@arangodb', own).db);
  defineLazily('arango', () => load('@arangodb/connection', own).arango);
  defineLazily('console', () => load('console', own));
  defineLazily('process', () => load('process', own));
  defineLazily('Buffer', () => load('buffer', own).Buffer);
  defineLazily('aql', () => load('@arangodb/aql', own).aql);
  define('ArangoError', ArangoError);

  return {
    // Prints what a typed command came to.
    printResult(value) {
      if (value !== undefined) {
        internal.printResult(value);
      }
    },

    // From now on relative names are looked for beside this script.
    enterScript(filename) {
      root.filename = filename;
      root.dirname = directoryOf(filename);
      root.paths = searchPaths(root.dirname);
      define('__filename', filename);
      define('__dirname', root.dirname);
    },

    completions(chain) {
      const parts = chain.split('.');
      const stem = parts.pop();
      let object = globalThis;
      for (const part of parts) {
        if (object === null || object === undefined) {
          return [];
        }
        object = object[part];
      }
      if (object === null || object === undefined) {
        return [];
      }
      const names = new Set();
      if (parts.length === 1 && parts[0] === 'db' && typeof object._collectionNames === 'function') {
        object._collectionNames().forEach(name => names.add(name));
      }
      for (let o = Object(object); o !== null && o !== Object.prototype; o = Object.getPrototypeOf(o)) {
        Object.getOwnPropertyNames(o).forEach(name => names.add(name));
      }
      const prefix = parts.length === 0 ? '' : parts.join('.') + '.';
      const hidden = parts.length === 0 ? /^(exports|module)$/ : /^(constructor|_PRINT|__.*)$/;
      return Array.from(names)
        .filter(name => name.startsWith(stem) && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) && !hidden.test(name))
        // Half-private members only for those who ask for them; of `db` they are the interface.
        .filter(name => !name.startsWith('_') || stem.startsWith('_') || parts[parts.length - 1] === 'db')
        .sort()
        .map(name => prefix + name);
    }
  };
})
