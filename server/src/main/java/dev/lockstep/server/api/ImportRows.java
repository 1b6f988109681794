package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.settings.ContentLimits;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The documents of an import's body, one by one, whatever its layout. One thread.
abstract class ImportRows implements AutoCloseable {
  /// Thrown for one row that is no document; the next row can still be read. Its message is the
  /// reason.
  static final class BadRowException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable VPackSlice row;

    BadRowException(String reason, @Nullable VPackSlice row) {
      super(reason);
      this.row = row;
    }

    /// The offending row, null if it could not even be parsed.
    @Nullable VPackSlice row() {
      return row;
    }
  }

  /// The next object, or null after the last.
  ///
  /// @throws BadRowException if this row is no document
  /// @throws LockstepException if nothing more can be read
  abstract @Nullable VPackSlice next() throws IOException, BadRowException;

  /// Position of the row returned or refused last, from 1; a header does not count, a blank line
  /// does.
  abstract long position();

  /// Blank lines so far.
  long blankLines() {
    return 0;
  }

  @Override
  public abstract void close() throws IOException;

  /// @throws LockstepException 400 if the body is not of the layout announced
  static ImportRows open(ApiRequest request, ImportParameters parameters) throws IOException {
    boolean withHeader = parameters.format() == ImportParameters.Format.HEADER;
    if (request.hasVelocyPackBody()) {
      BodyValues body = BodyValues.open(request);
      if (!body.isArray()) {
        throw noArray();
      }
      return withHeader
          ? HeaderRows.open(new ElementRows(body, request.limits()), parameters)
          : new ObjectRows(new ElementRows(body, request.limits()));
    }
    if (withHeader) {
      return HeaderRows.open(new LineRows(request), parameters);
    }
    if (parameters.format() == ImportParameters.Format.LINES) {
      return new ObjectRows(new LineRows(request));
    }
    PushbackInputStream in = new PushbackInputStream(request.body(), 16);
    if (BodyValues.firstCharacter(in) == '[') {
      JsonToVPack.Values elements =
          JsonToVPack.Values.elementsOf(in, request.limits().jsonDocument());
      return new ObjectRows(new ElementRows(elements, request.limits()));
    }
    if (parameters.format() == ImportParameters.Format.ARRAY) {
      throw noArray();
    }
    return new ObjectRows(new LineRows(in, request.limits()));
  }

  private static LockstepException noArray() {
    return new LockstepException(
        ErrorNumber.HTTP_BAD_PARAMETER, "expecting a JSON array in the request");
  }

  /// Values of any type, one per row.
  private static final class LineRows extends ImportRows {
    private final JsonToVPack.Values lines;
    private final ContentLimits limits;

    LineRows(ApiRequest request) throws IOException {
      this(new PushbackInputStream(request.body(), 16), request.limits());
    }

    LineRows(PushbackInputStream in, ContentLimits limits) {
      this.lines = JsonToVPack.Values.lines(in, limits.jsonDocument());
      this.limits = limits;
    }

    @Override
    @Nullable VPackSlice next() throws IOException, BadRowException {
      try {
        return lines.next();
      } catch (InvalidJsonException e) {
        if (e.isTooDeep()) {
          throw limits.refusal(e);
        }
        throw new BadRowException("invalid JSON at column " + e.column() + ": " + e.reason(), null);
      } catch (VPackTooLargeException e) {
        throw limits.refusal(e);
      }
    }

    @Override
    long position() {
      return lines.lineNumber();
    }

    @Override
    long blankLines() {
      return lines.blankLines();
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }

  private static final class ElementRows extends ImportRows {
    private final JsonToVPack.@Nullable Values json;
    private final @Nullable BodyValues body;
    private final ContentLimits limits;
    private long position;

    ElementRows(JsonToVPack.Values json, ContentLimits limits) {
      this.json = json;
      this.body = null;
      this.limits = limits;
    }

    ElementRows(BodyValues body, ContentLimits limits) {
      this.json = null;
      this.body = body;
      this.limits = limits;
    }

    @Override
    @Nullable VPackSlice next() throws IOException {
      position++;
      if (body != null) {
        return body.next();
      }
      try {
        return json == null ? null : json.next();
      } catch (InvalidJsonException | VPackTooLargeException e) {
        throw limits.refusal(e);
      }
    }

    @Override
    long position() {
      return position;
    }

    @Override
    public void close() throws IOException {
      if (json != null) {
        json.close();
      } else if (body != null) {
        body.close();
      }
    }
  }

  /// Rows that are documents already.
  private static final class ObjectRows extends ImportRows {
    private final ImportRows values;

    ObjectRows(ImportRows values) {
      this.values = values;
    }

    @Override
    @Nullable VPackSlice next() throws IOException, BadRowException {
      VPackSlice value = values.next();
      if (value != null && !value.isObject()) {
        throw new BadRowException("invalid JSON type (expecting object)", value);
      }
      return value;
    }

    @Override
    long position() {
      return values.position();
    }

    @Override
    long blankLines() {
      return values.blankLines();
    }

    @Override
    public void close() throws IOException {
      values.close();
    }
  }

  /// Rows of values to which the header gives names.
  private static final class HeaderRows extends ImportRows {
    private final ImportRows values;
    private final List<String> names;
    private final long headerPosition;
    private final boolean ignoreMissing;

    private HeaderRows(ImportRows values, List<String> names, boolean ignoreMissing) {
      this.values = values;
      this.names = names;
      this.headerPosition = values.position();
      this.ignoreMissing = ignoreMissing;
    }

    static HeaderRows open(ImportRows values, ImportParameters parameters) throws IOException {
      VPackSlice header;
      try {
        header = values.next();
      } catch (BadRowException e) {
        header = null;
      }
      if (header == null || !header.isArray()) {
        // The wording of old, which clients show: the first line cannot be a header, the second one
        // not be data.
        throw new LockstepException(
            ErrorNumber.HTTP_BAD_PARAMETER, "no JSON array found in second line");
      }
      List<String> names = new ArrayList<>();
      for (VPackSlice name : header.elements()) {
        if (!name.isString() || name.asString().isEmpty()) {
          throw new LockstepException(
              ErrorNumber.HTTP_BAD_PARAMETER, "no JSON string array found in first line");
        }
        names.add(name.asString());
      }
      if (names.isEmpty() || new HashSet<>(names).size() < names.size()) {
        throw new LockstepException(
            ErrorNumber.HTTP_BAD_PARAMETER,
            "no JSON string array found in first line: it is empty or names an attribute twice");
      }
      return new HeaderRows(values, names, parameters.ignoreMissing());
    }

    @Override
    @Nullable VPackSlice next() throws IOException, BadRowException {
      VPackSlice row = values.next();
      if (row == null) {
        return null;
      }
      if (!row.isArray()) {
        throw new BadRowException("invalid JSON type (expecting array)", row);
      }
      int length = row.length();
      if (length != names.size() && !ignoreMissing) {
        throw new BadRowException(
            "wrong number of JSON values (got " + length + ", expected " + names.size() + ")", row);
      }
      VPackBuilder builder = new VPackBuilder().openObject();
      int column = 0;
      for (VPackSlice value : row.elements()) {
        if (column == names.size()) {
          break;
        }
        builder.member(names.get(column++), value);
      }
      return builder.close().toSlice();
    }

    @Override
    long position() {
      return values.position() - headerPosition;
    }

    @Override
    long blankLines() {
      return values.blankLines();
    }

    @Override
    public void close() throws IOException {
      values.close();
    }
  }
}
