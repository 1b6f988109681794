package dev.lockstep.server.schema;

import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.ExecutionContext;
import java.util.Locale;

/// The library's state of one judgement, which ends at the first violation or at the limit. The
/// library tells here each keyword that it evaluates.
final class LimitedExecution extends ExecutionContext {
  private static final ExecutionConfig CONFIG =
      ExecutionConfig.builder()
          .failFast(true)
          .annotationCollectionEnabled(false)
          .locale(Locale.ENGLISH)
          .build();

  private final JudgementLimit limit;

  LimitedExecution(JudgementLimit limit) {
    super(CONFIG);
    this.limit = limit;
  }

  @Override
  public void evaluationPathAddLast(String keyword) {
    limit.enter();
    super.evaluationPathAddLast(keyword);
  }

  @Override
  public void evaluationPathAddLast(int index) {
    limit.enter();
    super.evaluationPathAddLast(index);
  }

  @Override
  public void evaluationPathRemoveLast() {
    limit.leave();
    super.evaluationPathRemoveLast();
  }
}
