package dev.lockstep.core.revision;

/// A revision the tree cannot take (outside of any range it can grow to), a removal of something it
/// does not hold, or a description that is no tree. Before it is thrown the operation is undone,
/// except that a range already grown stays grown.
public final class RevisionTreeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RevisionTreeException(String message) {
    super(message);
  }
}
