'use strict';

class AqlLiteral {
  constructor(text) {
    this.text = text;
  }

  toAQL() {
    return this.text;
  }
}

function isGenerated(value) {
  return value !== null && typeof value === 'object' && typeof value.query === 'string'
    && value.bindVars !== null && typeof value.bindVars === 'object';
}

// Template tag: values become bind parameters, collections `@@valueN`, all others `@valueN`; literals and other
// tagged queries are put in as they are.
function aql(strings, ...values) {
  const bindVars = {};
  const seen = [];
  let query = '';

  function append(value) {
    if (value instanceof AqlLiteral) {
      return value.toAQL();
    }
    if (isGenerated(value)) {
      // Its parameters are renumbered: two nested queries both start at value0.
      return value.query.replace(/@@?value\d+/g, name => append0(value.bindVars[name.substring(1)], name.startsWith('@@')));
    }
    const collection = value !== null && typeof value === 'object' && value.isArangoCollection === true;
    return append0(collection ? value.name() : value, collection);
  }

  function append0(value, collection) {
    const known = seen.findIndex(entry => entry.value === value && entry.collection === collection);
    const index = known >= 0 ? known : seen.push({ value, collection }) - 1;
    const name = (collection ? '@' : '') + 'value' + index;
    bindVars[name] = value;
    return '@' + name;
  }

  strings.forEach((string, index) => {
    query += string;
    if (index < values.length) {
      query += values[index] === undefined ? '' : append(values[index]);
    }
  });
  return { query, bindVars };
}

aql.literal = value => value instanceof AqlLiteral ? value : new AqlLiteral(value === undefined ? '' : String(value));

aql.join = function (values, separator) {
  const between = separator === undefined ? ' ' : separator;
  if (values.length === 0) {
    return aql``;
  }
  return aql([''].concat(values.slice(1).map(() => between), ['']), ...values);
};

exports.aql = aql;
exports.query = (strings, ...values) => require('@arangodb').db._query(aql(strings, ...values));
