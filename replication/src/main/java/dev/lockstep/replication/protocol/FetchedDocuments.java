package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Document;
import java.util.List;

/// Documents a leader sent in one answer, perhaps fewer than asked for, in the order asked for.
///
/// @param documents in stored form
/// @param bytes of the answer's body
/// @param url of the request, for messages
public record FetchedDocuments(List<Document> documents, long bytes, String url) {
  public FetchedDocuments {
    documents = List.copyOf(documents);
  }
}
