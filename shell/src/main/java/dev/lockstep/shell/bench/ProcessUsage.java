package dev.lockstep.shell.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What processes have used, from Linux's `/proc`. Times have the kernel's resolution, 10 ms.
public final class ProcessUsage {
  /// `USER_HZ`: the same on every Linux that runs Java.
  private static final long MILLIS_PER_TICK = 10;

  /// Fields of `/proc/PID/stat` after the name, which is the only one that may hold blanks: user,
  /// system, and the same of children that have ended and were waited for.
  private static final int USER_TIME = 11;

  private static final int CHILDREN_TIME = 13;

  private static final long BYTES_PER_KIB = 1024;

  private static final int READINGS_MAX = 100;

  private ProcessUsage() {}

  /// User and system time of a process, its descendants, and those of them that have ended. Never
  /// falls while the process lives.
  ///
  /// @throws IOException if there is no such process, or no `/proc`
  public static Duration cpuOfTree(ProcessHandle root) throws IOException {
    for (int attempt = 1; ; attempt++) {
      List<Long> descendants = descendants(root);
      Duration sum = cpuOf(root, descendants);
      // One that ended in between is in its parent's line now, which may have been read before.
      if (sum != null && descendants.equals(descendants(root))) {
        return sum;
      }
      if (attempt == READINGS_MAX) {
        throw new IOException(
            "the processes below " + root.pid() + " come and go too quickly to be read");
      }
    }
  }

  private static List<Long> descendants(ProcessHandle root) {
    try (Stream<ProcessHandle> all = root.descendants()) {
      return all.map(ProcessHandle::pid).sorted().toList();
    }
  }

  /// Null if one of the descendants has ended.
  private static @Nullable Duration cpuOf(ProcessHandle root, List<Long> descendants)
      throws IOException {
    Duration sum = cpu(root.pid(), true);
    for (long descendant : descendants) {
      try {
        sum = sum.plus(cpu(descendant, true));
      } catch (IOException _) {
        return null;
      }
    }
    return sum;
  }

  /// As [#cpuOfTree], of children of this process that have ended only.
  public static Duration cpuOfEndedChildren() throws IOException {
    long self = ProcessHandle.current().pid();
    return cpu(self, true).minus(cpu(self, false));
  }

  private static Duration cpu(long pid, boolean withEndedChildren) throws IOException {
    return cpu(
        Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1),
        withEndedChildren);
  }

  static Duration cpu(String stat, boolean withEndedChildren) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[USER_TIME + 1]);
    if (withEndedChildren) {
      ticks += Long.parseLong(fields[CHILDREN_TIME]) + Long.parseLong(fields[CHILDREN_TIME + 1]);
    }
    return Duration.ofMillis(ticks * MILLIS_PER_TICK);
  }

  /// Lets [#peakBytes] begin anew. Where the kernel does not allow that the peak is the one since
  /// the start.
  public static void resetPeak(long pid) {
    try {
      Files.writeString(Path.of("/proc/" + pid + "/clear_refs"), "5");
    } catch (IOException _) {
      // A larger figure than needed is all that comes of it.
    }
  }

  /// The largest resident memory of one process, or null if the system does not tell.
  public static @Nullable Long peakBytes(long pid) {
    try {
      return peakBytes(
          Files.readString(Path.of("/proc/" + pid + "/status"), StandardCharsets.ISO_8859_1));
    } catch (IOException _) {
      return null;
    }
  }

  static @Nullable Long peakBytes(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith("VmHWM:"))
        .findFirst()
        .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * BYTES_PER_KIB)
        .orElse(null);
  }
}
