'use strict';
class EventEmitter {
  _of(name) {
    if (this._listeners === undefined) {
      Object.defineProperty(this, '_listeners', { value: new Map() });
    }
    if (!this._listeners.has(name)) {
      this._listeners.set(name, []);
    }
    return this._listeners.get(name);
  }

  on(name, listener) {
    this._of(name).push({ listener, once: false });
    return this;
  }

  addListener(name, listener) {
    return this.on(name, listener);
  }

  once(name, listener) {
    this._of(name).push({ listener, once: true });
    return this;
  }

  off(name, listener) {
    const list = this._of(name);
    const index = list.findLastIndex(entry => entry.listener === listener);
    if (index >= 0) {
      list.splice(index, 1);
    }
    return this;
  }

  removeListener(name, listener) {
    return this.off(name, listener);
  }

  removeAllListeners(name) {
    if (name === undefined) {
      this._listeners && this._listeners.clear();
    } else {
      this._of(name).length = 0;
    }
    return this;
  }

  emit(name, ...values) {
    const list = this._of(name).slice();
    if (list.length === 0 && name === 'error') {
      throw values[0] instanceof Error ? values[0] : new Error('unhandled error event: ' + values[0]);
    }
    for (const entry of list) {
      if (entry.once) {
        this.off(name, entry.listener);
      }
      entry.listener.apply(this, values);
    }
    return list.length > 0;
  }

  listeners(name) {
    return this._of(name).map(entry => entry.listener);
  }

  listenerCount(name) {
    return this._of(name).length;
  }

  setMaxListeners() {
    return this;
  }
}

module.exports = EventEmitter;
EventEmitter.EventEmitter = EventEmitter;
