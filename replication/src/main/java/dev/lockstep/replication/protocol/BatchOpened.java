package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Tick;
import org.jspecify.annotations.Nullable;

/// The leader's answer to `POST /_api/replication/batch`: a snapshot is pinned until the lease
/// ends.
///
/// @param id names the batch
/// @param lastTick the newest change the snapshot contains; null from leaders that do not say
///   (before 3.4)
/// @param state the whole logger state, where it was asked for and the leader has it
public record BatchOpened(String id, @Nullable Tick lastTick, @Nullable LoggerState state) {
  /// @throws MessageException if there is no id
  public static BatchOpened parse(VPackSlice message) {
    long id = Messages.requiredUnsigned(message, "id");
    VPackSlice lastTick = Messages.member(message, "lastTick");
    VPackSlice state = Messages.member(message, "state");
    return new BatchOpened(
        Long.toUnsignedString(id),
        lastTick == null ? null : new Tick(Messages.requiredUnsigned(message, "lastTick")),
        state == null || !state.isObject() ? null : LoggerState.parse(state));
  }

  /// Writes the object.
  public void render(VPackBuilder target) {
    target.openObject().member("id", id);
    if (lastTick != null) {
      target.member("lastTick", lastTick.toString());
    }
    if (state != null) {
      target.key("state");
      state.render(target, false);
    }
    target.close();
  }
}
