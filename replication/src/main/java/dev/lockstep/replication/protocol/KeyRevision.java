package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Revision;

/// One document of a leader's chunk of keys.
public record KeyRevision(String key, Revision revision) {}
