'use strict';
// Paths with slashes.
exports.sep = '/';
exports.delimiter = ':';

exports.normalize = function (path) {
  const absolute = path.startsWith('/');
  const parts = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0 && parts[parts.length - 1] !== '..') {
      parts.pop();
    } else if (part === '..' && !absolute) {
      parts.push(part);
    } else if (part !== '' && part !== '.' && part !== '..') {
      parts.push(part);
    }
  }
  const end = path.endsWith('/') && parts.length > 0 ? '/' : '';
  return (absolute ? '/' : '') + (parts.join('/') || (absolute ? '' : '.')) + end;
};

exports.join = (...parts) => exports.normalize(parts.filter(part => part !== '').join('/') || '.');

exports.isAbsolute = path => path.startsWith('/');

exports.resolve = function (...parts) {
  let path = native.system.workingDirectory();
  for (const part of parts) {
    path = part.startsWith('/') ? part : path + '/' + part;
  }
  return exports.normalize(path).replace(/(.)\/$/, '$1');
};

exports.dirname = function (path) {
  const slash = path.replace(/\/+$/, '').lastIndexOf('/');
  return slash < 0 ? '.' : slash === 0 ? '/' : path.substring(0, slash);
};

exports.basename = function (path, ending) {
  const name = path.replace(/\/+$/, '').split('/').pop();
  return ending !== undefined && name !== ending && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
};

exports.extname = function (path) {
  const name = exports.basename(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.substring(dot);
};

exports.relative = function (from, to) {
  const a = exports.resolve(from).split('/').filter(part => part !== '');
  const b = exports.resolve(to).split('/').filter(part => part !== '');
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) {
    same++;
  }
  return a.slice(same).map(() => '..').concat(b.slice(same)).join('/');
};

exports.posix = exports;
