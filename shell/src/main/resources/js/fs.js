'use strict';
const files = native.files;
const pathModule = require('path');
const { Buffer } = require('buffer');

const path = value => {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError('a path must be a text that is not empty');
  }
  return value;
};

exports.pathSeparator = '/';
exports.join = pathModule.join;
exports.normalize = pathModule.normalize;

exports.exists = name => files.exists(path(name));
exports.isFile = name => files.isFile(path(name));
exports.isDirectory = name => files.isDirectory(path(name));
exports.size = name => files.size(path(name));
exports.mtime = name => files.mtime(path(name));
exports.makeAbsolute = name => files.makeAbsolute(path(name));

exports.getTempPath = () => files.temporaryPath();
// getTempFile([folder below the temporary path[, create]])
exports.getTempFile = (folder, create) => files.temporaryFile(folder === undefined ? '' : String(folder), create === true);

exports.list = name => Array.from(files.list(path(name)));
exports.listTree = name => Array.from(files.listTree(path(name)));

exports.makeDirectory = name => files.makeDirectory(path(name));
exports.makeDirectoryRecursive = name => files.makeDirectories(path(name));
exports.remove = name => files.remove(path(name));
exports.removeDirectory = name => files.removeDirectory(path(name), false);
exports.removeDirectoryRecursive = name => files.removeDirectory(path(name), true);

exports.read = name => files.read(path(name));
exports.read64 = name => files.read64(path(name));
exports.readBuffer = name => Buffer.from(files.read64(path(name)), 'base64');
exports.readFileSync = function (name, options) {
  const encoding = typeof options === 'string' ? options : options && options.encoding;
  const buffer = exports.readBuffer(name);
  return encoding ? buffer.toString(encoding) : buffer;
};

function write(name, content, append) {
  if (Buffer.isBuffer(content)) {
    files.write64(path(name), content.toString('base64'), append);
  } else {
    files.write(path(name), String(content), append);
  }
  return true;
}
exports.write = (name, content) => write(name, content, false);
exports.append = (name, content) => write(name, content, true);
exports.writeFileSync = (name, content) => {
  write(name, content, false);
};

exports.copyFile = (from, to, overwrite) => files.copyFile(path(from), path(to), overwrite === true);
exports.copyRecursive = (from, to) => files.copyRecursive(path(from), path(to));
exports.linkFile = (target, link) => files.linkFile(path(target), path(link));
exports.move = (from, to) => files.move(path(from), path(to));

// Mode as number or octal text: chmod("x", "0640").
exports.chmod = function (name, mode) {
  const bits = typeof mode === 'string' ? parseInt(mode, 8) : mode;
  if (!Number.isInteger(bits) || bits < 0 || bits > 0o777) {
    throw new TypeError('a mode is an octal text such as "0640"');
  }
  files.chmod(path(name), bits);
};

function noPassword(password) {
  if (password !== undefined) {
    throw new Error('archives with a password are not available in Lockstep\'s shell');
  }
}
exports.zipFile = function (archive, folder, names, password) {
  noPassword(password);
  files.zip(path(archive), path(folder), names);
  return true;
};
exports.unzipFile = function (archive, folder, skipPaths, overwrite, password) {
  noPassword(password);
  files.unzip(path(archive), path(folder), skipPaths === true, overwrite === true);
  return true;
};
