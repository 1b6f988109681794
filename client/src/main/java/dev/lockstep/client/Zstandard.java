package dev.lockstep.client;

import com.github.luben.zstd.util.Native;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether Zstandard can be used in this process. Its library is native and unpacked into the
/// temporary folder when first needed, which not every machine allows.
public final class Zstandard {
  private static final Logger LOG = LoggerFactory.getLogger(Zstandard.class);

  private Zstandard() {}

  /// Thread-safe; the first call loads the library, and logs if that is not possible.
  public static boolean isAvailable() {
    return Loaded.AVAILABLE;
  }

  /// Initialized by the first question.
  private static final class Loaded {
    private static final boolean AVAILABLE = load();

    private static boolean load() {
      try {
        Native.load();
        return true;
      } catch (LinkageError | RuntimeException e) {
        LOG.warn("answers are not compressed: zstd cannot be loaded here: {}", e.getMessage());
        return false;
      }
    }
  }
}
