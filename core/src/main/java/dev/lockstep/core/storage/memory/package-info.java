/// A [dev.lockstep.core.storage.StorageEngine] without a disk, for tests and simulations: it keeps
/// every promise of the SPI, fails and forgets on command, and can declare tiny limits.
package dev.lockstep.core.storage.memory;
