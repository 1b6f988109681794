'use strict';
exports.escape = encodeURIComponent;
exports.unescape = text => {
  try {
    return decodeURIComponent(text);
  } catch (e) {
    return text;
  }
};

exports.parse = function (text, separator, equals) {
  const result = Object.create(null);
  for (const part of String(text).split(separator || '&')) {
    if (part === '') {
      continue;
    }
    const at = part.indexOf(equals || '=');
    const decode = piece => exports.unescape(piece.replace(/\+/g, ' '));
    const name = decode(at < 0 ? part : part.substring(0, at));
    const value = at < 0 ? '' : decode(part.substring(at + (equals || '=').length));
    result[name] = result[name] === undefined ? value : [].concat(result[name], value);
  }
  return result;
};

exports.stringify = function (object, separator, equals) {
  return Object.keys(object || {})
    .flatMap(name => [].concat(object[name]).map(value => exports.escape(name) + (equals || '=')
      + exports.escape(value === null || value === undefined ? '' : String(value))))
    .join(separator || '&');
};
exports.decode = exports.parse;
exports.encode = exports.stringify;
