package dev.lockstep.core.document;

/// Writes one or several VelocyPack values into a growing buffer, in the layout that upstream's
/// default builder writes, or compact. Misuse (a value without a name inside an object, a surplus
/// `close`) throws [IllegalStateException]. Not thread-safe.
public final class VPackBuilder {
  /// Default limit: the largest body the server accepts.
  public static final int BYTES_MAX = 512 << 20;

  public VPackBuilder() {
    this(BYTES_MAX);
  }

  /// @param bytesMax most bytes this builder may hold; beyond it every method throws
  ///   [VPackTooLargeException]
  public VPackBuilder(int bytesMax) {}

  /// Switches to the compact layout (heads `0x13` and `0x14`) for containers closed from now on.
  public VPackBuilder compact() {
    return this;
  }

  public VPackBuilder openObject() {
    throw new UnsupportedOperationException();
  }

  public VPackBuilder openArray() {
    throw new UnsupportedOperationException();
  }

  /// Closes the innermost open object or array.
  public VPackBuilder close() {
    throw new UnsupportedOperationException();
  }

  /// Names the next value of the open object.
  public VPackBuilder key(String name) {
    throw new UnsupportedOperationException();
  }

  public VPackBuilder value(String value) {
    throw new UnsupportedOperationException();
  }

  public VPackBuilder value(long value) {
    throw new UnsupportedOperationException();
  }

  public VPackBuilder value(double value) {
    throw new UnsupportedOperationException();
  }

  public VPackBuilder value(boolean value) {
    throw new UnsupportedOperationException();
  }

  /// An integer given as unsigned 64 bits.
  public VPackBuilder unsigned(long value) {
    throw new UnsupportedOperationException();
  }

  public VPackBuilder nullValue() {
    throw new UnsupportedOperationException();
  }

  /// Copies a value, byte for byte.
  public VPackBuilder slice(VPackSlice value) {
    throw new UnsupportedOperationException();
  }

  public VPackBuilder member(String name, String value) {
    return key(name).value(value);
  }

  public VPackBuilder member(String name, long value) {
    return key(name).value(value);
  }

  public VPackBuilder member(String name, double value) {
    return key(name).value(value);
  }

  public VPackBuilder member(String name, boolean value) {
    return key(name).value(value);
  }

  public VPackBuilder member(String name, VPackSlice value) {
    return key(name).slice(value);
  }

  /// Bytes written so far; containers still open have no final size yet.
  public int byteSize() {
    throw new UnsupportedOperationException();
  }

  /// A copy of everything written.
  ///
  /// @throws IllegalStateException if a container is still open
  public byte[] toByteArray() {
    throw new UnsupportedOperationException();
  }

  /// The single value written, on a copy of the bytes.
  public VPackSlice toSlice() {
    return VPackSlice.of(toByteArray());
  }

  /// Forgets everything, keeps the buffer for reuse.
  public void reset() {}
}
