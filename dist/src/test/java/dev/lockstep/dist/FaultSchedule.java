package dev.lockstep.dist;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Which faults a [FaultyLink] commits, and after how many bytes. Made from a seed, so that a run
/// can be repeated as far as the bytes on the wire are the same. Thread-safe.
final class FaultSchedule {
  /// What a link can do to what passes.
  enum Fault {
    /// Everything stands still for a moment.
    DELAY,
    /// For a while little passes.
    THROTTLE,
    /// Nothing passes on this connection any more, in either direction, and nobody is told.
    DROP,
    /// Both ends see a reset.
    RESET,
    /// The receiver sees the end of the stream; the other direction goes on.
    HALF_CLOSE,
    /// Both ends see an orderly end in the middle of a message.
    TRUNCATE,
    /// Another bit than was sent.
    FLIP,
    /// The same bytes once more.
    DUPLICATE,
    /// New connections are refused for a moment, and the existing ones are cut.
    OUTAGE
  }

  /// @param answers whether in what the leader sends
  /// @param after bytes in that direction, all connections together
  record Event(Fault fault, boolean answers, long after) {
    @Override
    public String toString() {
      return fault + (answers ? " of answers" : " of requests") + " after " + after + " bytes";
    }
  }

  private final List<Event> all;

  // Guarded by this.
  private final List<Event> waiting;
  private final List<Event> committed = new ArrayList<>();

  private FaultSchedule(List<Event> events) {
    this.all = List.copyOf(events);
    this.waiting = new ArrayList<>(all);
  }

  static FaultSchedule none() {
    return new FaultSchedule(List.of());
  }

  /// One to six faults, most of them within the first `answerBytes` of answers.
  ///
  /// @param answerBytes what an undisturbed run receives
  /// @param requestBytes what it sends
  static FaultSchedule random(Random random, long answerBytes, long requestBytes) {
    int count = 1 + random.nextInt(6);
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
      boolean answers = random.nextInt(4) != 0;
      long bytes = answers ? answerBytes : requestBytes;
      events.add(new Event(fault, answers, random.nextLong(Math.max(1, bytes * 11 / 10))));
    }
    events.sort(Comparator.comparingLong(Event::after));
    return new FaultSchedule(events);
  }

  /// The next fault of a direction that is due before `until` bytes; null if there is none. Each is
  /// handed out once.
  synchronized @Nullable Event due(boolean answers, long until) {
    Iterator<Event> events = waiting.iterator();
    while (events.hasNext()) {
      Event event = events.next();
      if (event.answers() == answers && event.after() < until) {
        events.remove();
        committed.add(event);
        return event;
      }
    }
    return null;
  }

  /// Those that were handed out.
  synchronized List<Event> committed() {
    return List.copyOf(committed);
  }

  @Override
  public synchronized String toString() {
    return "planned " + all + ", committed " + committed;
  }
}
