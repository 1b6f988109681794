package dev.lockstep.core.document;

/// The kinds of VelocyPack values. Small, signed and unsigned integers are one kind: the width is a
/// matter of layout.
public enum VPackType {
  /// No value at all (head byte 0); only ever at the top level.
  NONE,
  ILLEGAL,
  NULL,
  BOOLEAN,
  INTEGER,
  DOUBLE,
  STRING,
  ARRAY,
  OBJECT,
  BINARY,
  /// Signed milliseconds since 1970-01-01T00:00:00Z.
  UTC_DATE,
  MIN_KEY,
  MAX_KEY,
  /// A pointer of the writing process; never valid on a wire.
  EXTERNAL,
  /// Binary coded decimals; the wire refuses them.
  BCD,
  /// A value with a numeric tag before it; the wire refuses them.
  TAGGED,
  /// Meaning given by the peer; `0xf3` stands for `_id` in dumps.
  CUSTOM
}
