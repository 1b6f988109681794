/// End-to-end tests: the built distribution, real processes, real sockets. `*IT` classes run in
/// Maven's integration-test phase, after the distribution was put together; the plain tests here
/// look at the classes of all modules at once. Nothing here calls the product's Java code to act on
/// a server: only its command line and its HTTP interface.
@NullMarked
package dev.lockstep.dist;

import org.jspecify.annotations.NullMarked;
