package dev.lockstep.server.schema;

/// What judging one document may cost, counted while it is judged: a rule may take exponential
/// time, by its references or by a regular expression, and other writers of the collection wait.
/// For one judgement, on one thread.
final class JudgementLimit {
  /// The one of the judgement that this thread is at, for regular expressions, which are not told.
  static final ScopedValue<JudgementLimit> CURRENT = ScopedValue.newInstance();

  /// For every document; well below a second.
  static final long STEPS = 5_000_000;

  /// On top of that for each byte of a document, so that a large one is not refused for its size.
  static final int STEPS_PER_BYTE = 64;

  /// Keywords inside each other. A document of 200 levels takes a recursive rule to about 800, and
  /// the stack of a thread to several times that.
  static final int DEPTH_MAX = 1_500;

  static final String TOO_DEEP = "the rule recurses too deep for this document";

  private long stepsLeft;
  private int depth;

  JudgementLimit(int documentBytes) {
    stepsLeft = STEPS + (long) STEPS_PER_BYTE * documentBytes;
  }

  /// A keyword is evaluated, a value visited or a character compared.
  ///
  /// @throws Exceeded after too many
  void step() {
    if (--stepsLeft < 0) {
      throw new Exceeded("the rule takes too many steps for this document");
    }
  }

  /// A keyword is entered.
  ///
  /// @throws Exceeded if it is inside of too many others
  void enter() {
    step();
    if (++depth > DEPTH_MAX) {
      throw new Exceeded(TOO_DEEP);
    }
  }

  void leave() {
    depth--;
  }

  /// The document cannot be judged.
  static final class Exceeded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Exceeded(String message) {
      super(message, null, false, false);
    }
  }
}
