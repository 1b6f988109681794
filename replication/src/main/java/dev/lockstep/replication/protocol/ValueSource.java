package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// The values of a response, one after the other. One thread.
interface ValueSource {
  /// The next value, null at the end.
  ///
  /// @throws dev.lockstep.core.document.InvalidJsonException or
  ///   [dev.lockstep.core.document.InvalidVPackException] if it is malformed
  @Nullable VPackSlice next();

  /// JSON values, one per line.
  static ValueSource lines(byte[] body) {
    return new Lines(body);
  }

  /// VelocyPack values; those of an array at the top count one by one.
  static ValueSource velocyPack(byte[] body) {
    return new Values(body);
  }

  final class Lines implements ValueSource {
    private final JsonToVPack.Values values;

    Lines(byte[] body) {
      values = JsonToVPack.Values.lines(new ByteArrayInputStream(body), JsonToVPack.Limits.DEFAULT);
    }

    @Override
    public @Nullable VPackSlice next() {
      try {
        return values.next();
      } catch (IOException e) {
        throw new IllegalStateException("reading memory failed", e);
      }
    }
  }

  final class Values implements ValueSource {
    private final byte[] body;
    private int offset;
    private @Nullable Iterator<VPackSlice> elements;

    Values(byte[] body) {
      this.body = body;
    }

    @Override
    public @Nullable VPackSlice next() {
      while (true) {
        if (elements != null && elements.hasNext()) {
          return elements.next();
        }
        elements = null;
        if (offset == body.length) {
          return null;
        }
        int size =
            VPackValidator.validate(body, offset, body.length - offset, ValidationLimits.DUMP);
        VPackSlice value = new VPackSlice(body, offset);
        offset += size;
        if (!value.isArray()) {
          return value;
        }
        elements = value.elements().iterator();
      }
    }
  }
}
