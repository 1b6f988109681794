package dev.lockstep.core.changelog;

import dev.lockstep.core.storage.Tick;

/// A change and where it stands in the log.
public record LoggedChange(Tick tick, Change change) {}
