/// The rules of collections' schemas: JSON Schema, judged by a library that sees a document's bytes
/// as a tree of nodes, within limits of time and depth. The only place that knows that library.
package dev.lockstep.server.schema;
