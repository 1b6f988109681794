'use strict';
const { system, terminal } = native;
const internal = require('internal');
const EventEmitter = require('events');

const process = Object.assign(new EventEmitter(), {
  argv: ['lockstep', 'shell'].concat(Array.from(system.arguments())),
  env: internal.env,
  pid: system.processId(),
  platform: 'linux',
  arch: 'x64',
  title: 'lockstep shell',
  cwd: () => system.workingDirectory(),
  exit: status => internal.exit(status),
  nextTick: (callback, ...values) => Promise.resolve().then(() => callback(...values)),
  // Seconds and nanoseconds of a clock that only ever goes forward.
  hrtime(since) {
    const now = system.nanoTime();
    const time = [Math.floor(now / 1e9), Math.floor(now % 1e9)];
    if (since === undefined) {
      return time;
    }
    const difference = (time[0] - since[0]) * 1e9 + (time[1] - since[1]);
    return [Math.floor(difference / 1e9), difference % 1e9];
  },
  stdout: {
    get isTTY() {
      return terminal.isTerminal();
    },
    get columns() {
      return terminal.width();
    },
    write(text) {
      terminal.print(String(text));
      return true;
    }
  }
});

module.exports = process;
