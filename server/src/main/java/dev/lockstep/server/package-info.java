/// The server: [Main] is the process, [LockstepServer] the running whole, [ServerWiring] says which
/// resource answers which path.
package dev.lockstep.server;
