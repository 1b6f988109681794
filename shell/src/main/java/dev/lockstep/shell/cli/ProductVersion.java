package dev.lockstep.shell.cli;

/// The version this program was built as.
public final class ProductVersion {
  private ProductVersion() {}

  /// For example `Lockstep 0.1.0`; `Lockstep (development build)` where the classes do not come
  /// from a built jar.
  public static String text() {
    String version = ProductVersion.class.getPackage().getImplementationVersion();
    return version == null ? "Lockstep (development build)" : "Lockstep " + version;
  }
}
