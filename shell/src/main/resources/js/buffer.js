'use strict';
// Bytes, as far as files and base64 need them.
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function utf8Bytes(text) {
  const bytes = [];
  for (const character of text) {
    const c = character.codePointAt(0);
    if (c < 0x80) {
      bytes.push(c);
    } else if (c < 0x800) {
      bytes.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    } else if (c >= 0xd800 && c < 0xe000) {
      // Half a pair stands for no character.
      bytes.push(0xef, 0xbf, 0xbd);
    } else if (c < 0x10000) {
      bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    } else {
      bytes.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    }
  }
  return bytes;
}

function utf8Text(bytes) {
  const pieces = [];
  let piece = '';
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i];
    const length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3
      : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    let c = length === 1 ? first : length === 0 ? -1 : first & (0xff >> (length + 1));
    for (let k = 1; c >= 0 && k < length; k++) {
      c = i + k < bytes.length && (bytes[i + k] & 0xc0) === 0x80 ? (c << 6) | (bytes[i + k] & 63) : -1;
    }
    const least = [0, 0, 0x80, 0x800, 0x10000][length];
    const valid = c >= least && c <= 0x10ffff && !(c >= 0xd800 && c < 0xe000);
    piece += String.fromCodePoint(valid ? c : 0xfffd);
    i += valid ? length : 1;
    if (piece.length > 8192) {
      pieces.push(piece);
      piece = '';
    }
  }
  return pieces.join('') + piece;
}

function base64Bytes(text) {
  const clean = text.replace(/-/g, '+').replace(/_/g, '/').replace(/[^A-Za-z0-9+/]/g, '');
  const bytes = new Uint8Array(Math.floor(clean.length * 3 / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of clean) {
    held = ((held << 6) | BASE64.indexOf(character)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  return bytes;
}

function base64Text(bytes) {
  const pieces = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
    pieces.push(BASE64[group >> 18], BASE64[(group >> 12) & 63], i + 1 < bytes.length ? BASE64[(group >> 6) & 63] : '=',
      i + 2 < bytes.length ? BASE64[group & 63] : '=');
  }
  return pieces.join('');
}

function encodingName(name) {
  const plain = name === undefined || name === null ? 'utf8' : String(name).toLowerCase().replace('-', '');
  if (!['utf8', 'hex', 'base64', 'ascii', 'latin1', 'binary'].includes(plain)) {
    throw new TypeError("unknown encoding '" + name + "'");
  }
  return plain;
}

function bytesOf(text, encoding) {
  switch (encodingName(encoding)) {
    case 'utf8':
      return utf8Bytes(text);
    case 'base64':
      return base64Bytes(text);
    case 'hex':
      return (text.match(/[0-9a-fA-F]{2}/g) || []).map(pair => parseInt(pair, 16));
    default:
      return Array.from(text, character => character.charCodeAt(0) & 0xff);
  }
}

class Buffer extends Uint8Array {
  static from(value, encoding) {
    if (typeof value === 'string') {
      const bytes = bytesOf(value, encoding);
      const buffer = new Buffer(bytes.length);
      buffer.set(bytes);
      return buffer;
    }
    const source = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
    const buffer = new Buffer(source.length);
    buffer.set(source);
    return buffer;
  }

  static alloc(size, fill) {
    return fill === undefined ? new Buffer(size) : new Buffer(size).fill(typeof fill === 'string' ? fill.charCodeAt(0) : fill);
  }

  static allocUnsafe(size) {
    return new Buffer(size);
  }

  static isBuffer(value) {
    return value instanceof Buffer;
  }

  static byteLength(text, encoding) {
    return typeof text === 'string' ? bytesOf(text, encoding).length : text.byteLength;
  }

  static concat(list) {
    const buffer = new Buffer(list.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of list) {
      buffer.set(one, at);
      at += one.length;
    }
    return buffer;
  }

  toString(encoding, start, end) {
    const bytes = start === undefined && end === undefined ? this : this.subarray(start, end);
    switch (encodingName(encoding)) {
      case 'utf8':
        return utf8Text(bytes);
      case 'base64':
        return base64Text(bytes);
      case 'hex':
        return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
      case 'ascii':
        return Array.from(bytes, byte => String.fromCharCode(byte & 0x7f)).join('');
      default:
        return Array.from(bytes, byte => String.fromCharCode(byte)).join('');
    }
  }

  equals(other) {
    return this.length === other.length && this.every((byte, index) => byte === other[index]);
  }

  // A view, not a copy.
  slice(start, end) {
    return this.subarray(start, end);
  }

  toJSON() {
    return { type: 'Buffer', data: Array.from(this) };
  }

  _PRINT() {
    return '[Buffer of ' + this.length + ' bytes]';
  }
}

exports.Buffer = Buffer;
