package dev.lockstep.shell.cli;

/// What to do about errors that end replication; the same as in `docs/operating.md`, "When it
/// fails".
final class Remedy {
  private Remedy() {}

  /// A sentence, or "" where the error's own says it all.
  static String of(int errorNumber) {
    return switch (errorNumber) {
      case 1400 -> "is the leader running? Address and firewall, as seen from the follower";
      case 1401, 1403 -> "does the address belong to an ArangoDB 3 or a Lockstep?";
      case 1402 -> "the leader refused: user and password (HTTP 401), rights (403), database (404)";
      case 1404 ->
          "another server answers at the leader's address than the one that was followed; follow"
              + " that one with 'lockstep follow --replace --incremental'";
      case 1405 -> "leader and follower are the same server: check the addresses";
      case 1413, 1414 ->
          "the leader's log does not reach back far enough: 'lockstep follow --replace"
              + " --incremental' compares and goes on";
      case 1207 ->
          "a collection of the same name, of another origin and with documents, is in the way:"
              + " rename or drop it, then 'lockstep follow --resume'";
      case 1224 -> "the follower's disk is full: make space, then 'lockstep follow --resume'";
      case 11 ->
          "rights on the follower, or an address that --replication.allowed-leaders does not"
              + " permit";
      default -> "";
    };
  }

  /// The error, and what to do about it on a line of its own.
  static String sentence(String error, int errorNumber) {
    String remedy = of(errorNumber);
    return error
        + " (error "
        + errorNumber
        + ")"
        + (remedy.isEmpty() ? "" : "\n  what to do: " + remedy);
  }
}
