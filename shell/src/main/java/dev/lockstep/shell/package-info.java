/// The programs that people start: everything behind `lockstep <command>` except the server itself,
/// of which these are clients over HTTP.
@NullMarked
package dev.lockstep.shell;

import org.jspecify.annotations.NullMarked;
