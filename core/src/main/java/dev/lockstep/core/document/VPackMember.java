package dev.lockstep.core.document;

/// One member of an object: its name (translated names already spelled out) and its value.
public record VPackMember(String name, VPackSlice value) {}
