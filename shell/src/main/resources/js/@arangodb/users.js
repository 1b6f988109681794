'use strict';
// User accounts of the server.
const { arango } = require('@arangodb/connection');
const { fail } = require('@arangodb/arango-error');

function url(user, ...rest) {
  if (typeof user !== 'string' || user === '') {
    fail(1700, undefined, 400);
  }
  return '/_db/_system/_api/user/' + [user].concat(rest).map(encodeURIComponent).join('/');
}

function account(body) {
  const { user, active, extra } = body;
  return { user, active, extra: extra === undefined ? {} : extra };
}

function fields(passwd, active, extra) {
  const body = {};
  for (const [name, value] of [['passwd', passwd], ['active', active], ['extra', extra]]) {
    if (value !== undefined && value !== null) {
      body[name] = value;
    }
  }
  return body;
}

exports.save = (user, passwd, active, extra) =>
  account(arango.request('POST', '/_db/_system/_api/user', Object.assign({ user }, fields(passwd, active, extra))));

exports.replace = (user, passwd, active, extra) => account(arango.request('PUT', url(user), fields(passwd, active, extra)));

exports.update = (user, passwd, active, extra) => account(arango.request('PATCH', url(user), fields(passwd, active, extra)));

exports.remove = function (user) {
  arango.request('DELETE', url(user));
};

exports.document = user => account(arango.request('GET', url(user)));

exports.exists = function (user) {
  const reply = arango.attempt('GET', url(user));
  if (reply.reached && reply.status === 404) {
    return false;
  }
  if (reply.status >= 400) {
    throw reply.error();
  }
  return true;
};

exports.all = () => arango.request('GET', '/_db/_system/_api/user').result.map(account);

// Whether these are the credentials of an active user.
exports.isValid = function (username, password) {
  const reply = arango.attempt('POST', '/_db/_system/_open/auth', { username, password: password === undefined ? '' : password });
  if (reply.reached && reply.status === 401) {
    return false;
  }
  if (reply.status >= 400) {
    throw reply.error();
  }
  return true;
};

// permission(user) -> all databases; permission(user, db[, collection]) -> "rw", "ro" or "none".
exports.permission = function (user, database, collection) {
  const rest = ['database'].concat(database === undefined ? [] : [database], collection === undefined ? [] : [collection]);
  return arango.request('GET', url(user, ...rest)).result;
};

exports.permissionFull = user => arango.request('GET', url(user, 'database') + '?full=true').result;

exports.grantDatabase = function (user, database, grant) {
  arango.request('PUT', url(user, 'database', database), { grant: grant === undefined ? 'rw' : grant });
};

exports.revokeDatabase = function (user, database) {
  arango.request('DELETE', url(user, 'database', database));
};

exports.grantCollection = function (user, database, collection, grant) {
  arango.request('PUT', url(user, 'database', database, collection), { grant: grant === undefined ? 'rw' : grant });
};

exports.revokeCollection = function (user, database, collection) {
  arango.request('DELETE', url(user, 'database', database, collection));
};

// Accounts are never stale here; kept for scripts that call it.
exports.reload = function () {};

exports.currentUser = () => arango.connectedUser();
