/// The change log: every committed change in commit order, written in the same atomic batch as the
/// data it describes. It holds which revision of which key, not the body: that is looked up by
/// generation and revision (`docs/decisions/0005-change-log.md`).
package dev.lockstep.core.changelog;
