/// The wire API's resources: each parses a request to a record, calls the core, renders the answer.
/// Whatever may be large streams: bodies come in value by value, lists of results wait in a
/// [SpooledArray]. Threads: one request, one thread; nothing here is shared but the
/// [CursorRegistry].
package dev.lockstep.server.api;
