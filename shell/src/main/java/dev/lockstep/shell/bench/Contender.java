package dev.lockstep.shell.bench;

import java.io.IOException;

/// Something that can be measured: Lockstep, or a peer. One thread; calls come in the order
/// [#prepare], then [#run] and [#check] in turn, then [#close].
public interface Contender extends AutoCloseable {
  /// As in the table.
  String name();

  /// Starts what is needed and brings the data in. Not timed.
  ///
  /// @throws IOException if that did not work, with a sentence for the user
  void prepare() throws IOException, InterruptedException;

  /// Gets the next run ready, untimed, and does it, timed.
  ///
  /// @param run from 1 on; the first one meets processes that have done none of this before
  /// @throws IOException if it did not work, with a sentence for the user
  Measurement run(int run) throws IOException, InterruptedException;

  /// Looks at the result of the last run. Not timed.
  ///
  /// @throws IOException if it is wrong, with a sentence that says what is
  void check() throws IOException, InterruptedException;

  /// Ends all its processes and removes its data; also after a failure, also half prepared.
  @Override
  void close();
}
