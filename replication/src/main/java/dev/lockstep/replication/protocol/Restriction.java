package dev.lockstep.replication.protocol;

import java.util.Set;

/// Which of the leader's collections a synchronization is about; `restrictType` and
/// `restrictCollections` on the wire.
public sealed interface Restriction {
  /// All of them.
  record Everything() implements Restriction {}

  /// Only those named.
  record Only(Set<String> names) implements Restriction {
    public Only {
      names = Set.copyOf(names);
    }
  }

  /// All but those named.
  record AllBut(Set<String> names) implements Restriction {
    public AllBut {
      names = Set.copyOf(names);
    }
  }

  default boolean includes(String collection) {
    return switch (this) {
      case Everything _ -> true;
      case Only(Set<String> names) -> names.contains(collection);
      case AllBut(Set<String> names) -> !names.contains(collection);
    };
  }
}
