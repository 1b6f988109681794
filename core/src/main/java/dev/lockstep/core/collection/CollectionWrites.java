package dev.lockstep.core.collection;

import java.util.List;

/// What is to be written into one of several collections.
public record CollectionWrites(DocumentCollection collection, List<DocumentWrite> operations) {
  public CollectionWrites {
    operations = List.copyOf(operations);
  }
}
