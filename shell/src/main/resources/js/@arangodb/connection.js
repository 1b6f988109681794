'use strict';
// HTTP to the server: raw for scripts (`arango.GET(...)`), checked for our own modules (`arango.request(...)`).
const { ArangoError } = require('@arangodb/arango-error');
const errors = require('@arangodb/errors');
const http = native.connection;

const NO_HEADERS = [];

function headerList(headers) {
  if (headers === undefined || headers === null) {
    return NO_HEADERS;
  }
  const list = [];
  for (const name of Object.keys(headers)) {
    list.push(name, String(headers[name]));
  }
  return list;
}

function fullPath(url) {
  const path = url.startsWith('/') ? url : '/' + url;
  return path.startsWith('/_db/') ? path : '/_db/' + encodeURIComponent(http.database()) + path;
}

function send(method, url, body, headers) {
  if (typeof url !== 'string') {
    throw new TypeError('the first argument must be a URL path');
  }
  const list = headerList(headers);
  const names = list.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase());
  const typeIndex = names.indexOf('content-type');
  let contentType = 'application/json';
  if (typeIndex >= 0) {
    contentType = list[typeIndex * 2 + 1];
    list.splice(typeIndex * 2, 2);
  }
  if (!names.includes('accept')) {
    list.push('Accept', 'application/json');
  }
  let text = null;
  if (body !== undefined && body !== null) {
    text = typeof body === 'string' ? body : JSON.stringify(body);
  }
  return http.send(method, fullPath(url), text, contentType, list);
}

// JSON where it is JSON, else the text itself; undefined where there is nothing.
function parsedBody(response) {
  const text = response.body();
  if (text === '') {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch (e) {
    return text;
  }
}

function sentenceFor(status, reason) {
  return errors.sentence(status) || reason || 'HTTP ' + status;
}

// The error that a reply with an error status, or no reply at all, stands for.
function errorOf(response, body) {
  if (response.errorNum() !== 0) {
    return new ArangoError({ errorNum: response.errorNum(), errorMessage: response.errorMessage(), code: 500 });
  }
  const status = response.status();
  if (body !== null && typeof body === 'object' && typeof body.errorNum === 'number' && body.errorNum !== 0) {
    if (body.errorNum === 17) {
      return new TypeError(body.errorMessage);
    }
    return new ArangoError({ errorNum: body.errorNum, errorMessage: body.errorMessage, detail: body.detail, code: status });
  }
  const message = body !== null && typeof body === 'object' && typeof body.errorMessage === 'string'
    ? body.errorMessage
    : sentenceFor(status, response.reason());
  return new ArangoError({ errorNum: status, errorMessage: message, code: status });
}

class ArangoConnection {
  // For our modules: the parsed body of a success, an ArangoError for everything else. Judged by the HTTP status:
  // a document may well have an attribute called "error".
  request(method, url, body, headers) {
    return this.exchange(method, url, body, headers).body;
  }

  // As request, with status and headers.
  exchange(method, url, body, headers) {
    const response = send(method, url, body, headers);
    const parsed = response.errorNum() === 0 ? parsedBody(response) : undefined;
    if (response.errorNum() !== 0 || response.status() >= 400) {
      throw errorOf(response, parsed);
    }
    return { status: response.status(), body: parsed, header: name => response.header(name) };
  }

  // As exchange, but an error status is not thrown; `error()` makes the error then.
  attempt(method, url, body, headers) {
    const response = send(method, url, body, headers);
    const parsed = response.errorNum() === 0 ? parsedBody(response) : undefined;
    return {
      reached: response.errorNum() === 0,
      status: response.status(),
      body: parsed,
      header: name => response.header(name),
      error: () => errorOf(response, parsed)
    };
  }

  getEndpoint() {
    return http.endpoint();
  }

  isConnected() {
    return http.isConnected();
  }

  // Without a password the shell has none to offer: the empty one.
  reconnect(endpoint, databaseName, username, password) {
    http.reconnect(String(endpoint), databaseName === undefined ? '_system' : String(databaseName),
      username === undefined ? 'root' : String(username), password === undefined ? '' : String(password));
    require('@arangodb').db._flushCache();
    // As arangosh: true, or an exception when nobody answers there.
    this.request('GET', '/_api/version');
    return true;
  }

  lastHttpReturnCode() {
    return http.lastStatus();
  }

  lastErrorMessage() {
    return http.lastError();
  }

  // Seconds; reads or sets the longest silence accepted of the server.
  timeout(seconds) {
    if (seconds !== undefined) {
      http.setTimeoutSeconds(Number(seconds));
      return true;
    }
    return http.timeoutSeconds();
  }

  getDatabaseName() {
    return http.database();
  }

  setDatabaseName(name) {
    http.setDatabase(String(name));
    require('@arangodb').db._flushCache();
  }

  connectedUser() {
    return http.user();
  }

  toString() {
    return '[object ArangoConnection:' + http.endpoint() + ']';
  }

  _PRINT() {
    return this.toString();
  }
}

function failureBody(response) {
  return { error: true, code: 500, errorNum: response.errorNum(), errorMessage: response.errorMessage() };
}

function plain(method, url, body, headers) {
  const response = send(method, url, body, headers);
  if (response.errorNum() !== 0) {
    return failureBody(response);
  }
  const parsed = method === 'HEAD' ? undefined : parsedBody(response);
  if (parsed !== undefined) {
    return parsed;
  }
  const status = response.status();
  const result = { error: status >= 400, code: status };
  if (status >= 400) {
    result.errorNum = status;
    result.errorMessage = sentenceFor(status, response.reason());
  }
  return result;
}

function raw(method, url, body, headers) {
  const response = send(method, url, body, headers);
  if (response.errorNum() !== 0) {
    return failureBody(response);
  }
  const status = response.status();
  const result = { code: status, error: status >= 400 };
  if (status >= 400) {
    result.errorNum = status;
    result.errorMessage = sentenceFor(status, response.reason());
  }
  result.headers = {};
  const names = response.headerNames();
  for (const name of names === '' ? [] : names.split('\n')) {
    result.headers[name.toLowerCase()] = response.header(name);
  }
  result.body = response.body();
  if (/json/.test(result.headers['content-type'] || '')) {
    const parsed = parsedBody(response);
    if (parsed !== undefined) {
      result.parsedBody = parsed;
    }
  }
  return result;
}

for (const method of ['GET', 'HEAD', 'DELETE', 'POST', 'PUT', 'PATCH']) {
  // GET and HEAD take (url, headers); the others (url, body, headers).
  const hasBody = method !== 'GET' && method !== 'HEAD';
  ArangoConnection.prototype[method] = function (url, body, headers) {
    return hasBody ? plain(method, url, body, headers) : plain(method, url, null, headers || body);
  };
  ArangoConnection.prototype[method + '_RAW'] = function (url, body, headers) {
    return hasBody ? raw(method, url, body, headers) : raw(method, url, null, headers || body);
  };
}

exports.ArangoConnection = ArangoConnection;
exports.arango = new ArangoConnection();
