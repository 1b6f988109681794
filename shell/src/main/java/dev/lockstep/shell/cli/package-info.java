/// The command line: one class per command, registered in [LockstepCommand]; options in ArangoDB's
/// spelling. Nothing here loads the script engine until a command needs it, so that `--help`
/// answers at once.
@NullMarked
package dev.lockstep.shell.cli;

import org.jspecify.annotations.NullMarked;
