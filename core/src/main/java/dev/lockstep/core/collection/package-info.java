/// Databases, collections and documents above one storage engine: the catalog, reading, and the one
/// write path that every client write, replicated write, import and expiry takes. A collection's
/// documents live under a *generation*, a storage prefix that truncation and full synchronization
/// replace as a whole. Knows nothing of HTTP, users or peers.
package dev.lockstep.core.collection;
