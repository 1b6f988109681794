/// What the operator may set: options in ArangoDB's spelling from the command line and
/// configuration files, read into one record tree that is valid once it exists. Nothing here starts
/// or opens anything.
package dev.lockstep.server.settings;
