'use strict';
module.exports = native.Module;
