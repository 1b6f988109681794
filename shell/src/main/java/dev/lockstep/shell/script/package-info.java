/// The JavaScript shell: a GraalJS context ([ScriptContext]) in which modules from this jar's `js/`
/// folder offer arangosh's surface (`db`, `@arangodb`, `@arangodb/replication`, ...), and the two
/// ways to feed it, typed ([Repl]) and piped ([PipedInput]). The only package that sees the script
/// engine and the terminal library.
///
/// JavaScript reaches the world through the `Native*` classes alone: nothing else of Java is
/// visible to a script. One thread runs scripts; only [ScriptContext#interrupt()] may be called
/// from another.
@NullMarked
package dev.lockstep.shell.script;

import org.jspecify.annotations.NullMarked;
