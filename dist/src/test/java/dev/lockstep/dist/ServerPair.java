package dev.lockstep.dist;

import java.nio.file.Path;

/// A leader and a follower, each with a password of its own for `root`, below one folder.
record ServerPair(LockstepServer leader, LockstepServer follower) implements AutoCloseable {
  static final String LEADER_PASSWORD = "of the leader";
  static final String FOLLOWER_PASSWORD = "of the follower";

  static ServerPair start(Path folder) {
    LockstepServer leader = LockstepServer.in(folder, "leader").password(LEADER_PASSWORD).start();
    try {
      return new ServerPair(
          leader, LockstepServer.in(folder, "follower").password(FOLLOWER_PASSWORD).start());
    } catch (AssertionError e) {
      leader.close();
      throw e;
    }
  }

  /// The shell on the follower.
  String[] shell(String... more) {
    String[] arguments = {
      "shell",
      "--quiet",
      "--server.endpoint",
      follower.endpoint(),
      "--server.password",
      FOLLOWER_PASSWORD
    };
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return all;
  }

  /// The options of `syncCollection` that reach the leader, as JavaScript without braces.
  String leaderOptions() {
    return "endpoint: \""
        + leader.endpoint()
        + "\", username: \"root\", password: \""
        + LEADER_PASSWORD
        + "\"";
  }

  /// `lockstep verify` of these collections, or of all that are no system collections.
  LockstepProcess.Outcome verify(String... collections) {
    String[] arguments = new String[3 + 2 * collections.length];
    arguments[0] = "verify";
    arguments[1] = leader.endpointWithUser();
    arguments[2] = follower.endpointWithUser();
    for (int i = 0; i < collections.length; i++) {
      arguments[3 + 2 * i] = "--collection";
      arguments[4 + 2 * i] = collections[i];
    }
    return LockstepProcess.run(arguments);
  }

  @Override
  public void close() {
    try (leader) {
      follower.close();
    }
  }
}
