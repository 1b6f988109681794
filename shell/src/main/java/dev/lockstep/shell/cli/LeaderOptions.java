package dev.lockstep.shell.cli;

import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What commands that have a follower turn to a leader are told about that leader, and any option
/// of the wire's. A picocli mixin; `--leader` itself is not of it, for not every command needs one.
final class LeaderOptions {
  @Option(
      names = "--leader-password-file",
      paramLabel = "FILE",
      description = "A file whose first line is the password for the leader.")
  private @Nullable Path passwordFile;

  @Option(
      names = "--leader-database",
      paramLabel = "NAME",
      description = "The database on the leader, if it has another name there.")
  private @Nullable String database;

  @Option(
      names = "--set",
      paramLabel = "OPTION=VALUE",
      description = {
        "Any option of syncCollection or setupReplication: --set chunkSize=1048576. May be"
            + " repeated. A value is read as JSON, and as text if it is none."
      })
  private Map<String, String> more = new LinkedHashMap<>();

  /// Whether the user gave any of these.
  boolean isAnyGiven() {
    return passwordFile != null || database != null || !more.isEmpty();
  }

  /// Null: of the same name as on the follower.
  @Nullable String database() {
    return database;
  }

  /// Whether `--set` gives this option.
  boolean isSet(String option) {
    return more.containsKey(option);
  }

  /// Begins the wire's options with those about the leader and those of `--set`; the object stays
  /// open, see [#whole].
  ///
  /// @param leader as the user names it
  /// @throws CommandFailure if that is no endpoint, or its password cannot be read
  VPackBuilder about(String leader) throws CommandFailure {
    PeerAddress address =
        Passwords.complete(
            PeerAddress.parsed(leader, "--leader"), passwordFile, "LOCKSTEP_LEADER_PASSWORD");
    VPackBuilder config = new VPackBuilder();
    config.openObject();
    for (Map.Entry<String, String> option : more.entrySet()) {
      config.member(option.getKey(), value(option.getValue()));
    }
    config.member("endpoint", address.endpoint().shortText());
    config.member("username", address.user());
    config.member("password", address.password() == null ? "" : address.password());
    if (database != null) {
      config.member("database", database);
    }
    return config;
  }

  /// The options that were begun with [#about], once all are there.
  ///
  /// @throws CommandFailure if `--set` names one that is given otherwise
  static VPackSlice whole(VPackBuilder config) throws CommandFailure {
    VPackSlice whole = config.close().toSlice();
    Set<String> names = new HashSet<>();
    for (VPackMember member : whole.members()) {
      if (!names.add(member.name())) {
        throw CommandFailure.notDone("the option '" + member.name() + "' is given twice");
      }
    }
    return whole;
  }

  /// A value as it stands in an argument: JSON, or else a string.
  static VPackSlice value(String text) {
    try {
      return JsonToVPack.parse(text);
    } catch (InvalidJsonException _) {
      return new VPackBuilder().value(text).toSlice();
    }
  }
}
