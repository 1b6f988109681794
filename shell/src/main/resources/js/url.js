'use strict';
const querystring = require('querystring');

exports.parse = function (text, parseQuery) {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*:))?(?:(\/\/)(?:([^@/?#]*)@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?)?([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text);
  const [, protocol = null, slashes, auth = null, hostname = null, port = null, pathname, search = null, hash = null] = match;
  const query = search === null ? null : search.substring(1);
  return {
    protocol,
    slashes: slashes !== undefined,
    auth: auth === null ? null : decodeURIComponent(auth),
    host: hostname === null ? null : hostname + (port ? ':' + port : ''),
    port: port || null,
    hostname: hostname === null ? null : hostname.replace(/^\[|\]$/g, ''),
    hash,
    search,
    query: parseQuery ? querystring.parse(query || '') : query,
    pathname: pathname || (slashes === undefined ? null : '/'),
    path: (pathname || (slashes === undefined ? '' : '/')) + (search || '') || null,
    href: text
  };
};

exports.format = function (parts) {
  if (typeof parts === 'string') {
    return parts;
  }
  const protocol = parts.protocol ? parts.protocol.replace(/:?$/, ':') : '';
  const host = parts.host || (parts.hostname
    ? (parts.hostname.includes(':') ? '[' + parts.hostname + ']' : parts.hostname) + (parts.port ? ':' + parts.port : '') : '');
  const query = parts.query !== null && typeof parts.query === 'object' ? querystring.stringify(parts.query) : '';
  const search = parts.search || (query === '' ? '' : '?' + query);
  return protocol + (parts.slashes || host !== '' ? '//' : '')
    + (parts.auth ? encodeURIComponent(parts.auth).replace(/%3A/i, ':') + '@' : '') + host
    + (parts.pathname || '') + search.replace(/^(?!\?|$)/, '?') + (parts.hash || '');
};

exports.resolve = function (from, to) {
  const target = exports.parse(to);
  if (target.protocol !== null) {
    return to;
  }
  const base = exports.parse(from);
  if (target.slashes) {
    return (base.protocol || '') + to;
  }
  const origin = { protocol: base.protocol, slashes: base.slashes, auth: base.auth, host: base.host };
  const path = target.pathname || '';
  if (path === '') {
    return exports.format(Object.assign(origin, { pathname: base.pathname, search: target.search || base.search, hash: target.hash }));
  }
  const pathname = require('path').normalize(path.startsWith('/') ? path
    : (base.pathname || '/').replace(/[^/]*$/, '') + path);
  return exports.format(Object.assign(origin, { pathname, search: target.search, hash: target.hash }));
};
