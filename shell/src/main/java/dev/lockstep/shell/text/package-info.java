/// Words for people, shared by the commands and the script engine.
@NullMarked
package dev.lockstep.shell.text;

import org.jspecify.annotations.NullMarked;
