/// Random damage for whatever reads bytes of a peer, for the tests of every module.
@NullMarked
package dev.lockstep.core.fuzz;

import org.jspecify.annotations.NullMarked;
