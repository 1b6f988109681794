package dev.lockstep.core.collection;

/// @param isNew false when an index of the same definition was there already
public record EnsuredIndex(IndexDefinition definition, boolean isNew) {}
