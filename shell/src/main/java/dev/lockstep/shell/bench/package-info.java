/// What `lockstep bench` measures and how it tells: the data, the changes, the clocks of processes,
/// the table, and the peers that run beside Lockstep. Knows no server of ours: the command in
/// `shell.cli` brings it as one more [dev.lockstep.shell.bench.Contender].
@NullMarked
package dev.lockstep.shell.bench;

import org.jspecify.annotations.NullMarked;
