package dev.lockstep.shell.script;

import dev.lockstep.core.ErrorNumber;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;

/// The file system as a script sees it. Failures become `ArangoError`s that name the path.
public final class NativeFiles {
  /// A text or buffer read in one piece; a JavaScript string cannot be much longer.
  private static final long READ_BYTES_MAX = 1L << 29;

  private final ScriptErrors errors;
  private final Path temporaryFolder;

  NativeFiles(ScriptErrors errors, Path temporaryFolder) {
    this.errors = errors;
    this.temporaryFolder = temporaryFolder;
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  private <T> T guarded(String path, Action<T> action) {
    try {
      return action.run();
    } catch (NoSuchFileException _) {
      throw errors.of(ErrorNumber.SYSTEM_ERROR, "file or folder not found: " + path);
    } catch (FileAlreadyExistsException _) {
      throw errors.of(ErrorNumber.SYSTEM_ERROR, "exists already: " + path);
    } catch (DirectoryNotEmptyException _) {
      throw errors.of(ErrorNumber.SYSTEM_ERROR, "folder is not empty: " + path);
    } catch (IOException | UnsupportedOperationException e) {
      throw errors.of(ErrorNumber.SYSTEM_ERROR, path + ": " + e.getMessage());
    }
  }

  private void guardedVoid(String path, VoidAction action) {
    guarded(
        path,
        () -> {
          action.run();
          return true;
        });
  }

  private interface VoidAction {
    void run() throws IOException;
  }

  @HostAccess.Export
  public boolean exists(String path) {
    return Files.exists(Path.of(path));
  }

  @HostAccess.Export
  public boolean isFile(String path) {
    return Files.isRegularFile(Path.of(path));
  }

  @HostAccess.Export
  public boolean isDirectory(String path) {
    return Files.isDirectory(Path.of(path));
  }

  @HostAccess.Export
  public double size(String path) {
    return guarded(path, () -> (double) Files.size(Path.of(path)));
  }

  /// Seconds since the epoch.
  @HostAccess.Export
  public double mtime(String path) {
    return guarded(
        path, () -> Math.floor(Files.getLastModifiedTime(Path.of(path)).toMillis() / 1000.0));
  }

  @HostAccess.Export
  public String makeAbsolute(String path) {
    return Path.of(path).toAbsolutePath().normalize().toString();
  }

  @HostAccess.Export
  public String temporaryPath() {
    return temporaryFolder.toAbsolutePath().toString();
  }

  @HostAccess.Export
  public String temporaryFile(String folder, boolean create) {
    return guarded(
        folder,
        () -> {
          Path parent = folder.isEmpty() ? temporaryFolder : temporaryFolder.resolve(folder);
          Files.createDirectories(parent);
          Path file = Files.createTempFile(parent, "tmp-", "");
          if (!create) {
            Files.delete(file);
          }
          return file.toAbsolutePath().toString();
        });
  }

  @HostAccess.Export
  public ProxyArray list(String path) {
    return guarded(
        path,
        () -> {
          try (Stream<Path> entries = Files.list(Path.of(path))) {
            return ProxyArray.fromList(
                new ArrayList<Object>(
                    entries.map(p -> p.getFileName().toString()).sorted().toList()));
          }
        });
  }

  /// All files and folders below, relative, the empty name of the folder itself first.
  @HostAccess.Export
  public ProxyArray listTree(String path) {
    return guarded(
        path,
        () -> {
          Path root = Path.of(path);
          try (Stream<Path> entries = Files.walk(root)) {
            return ProxyArray.fromList(
                new ArrayList<Object>(
                    entries.map(p -> root.relativize(p).toString()).sorted().toList()));
          }
        });
  }

  @HostAccess.Export
  public void makeDirectory(String path) {
    guardedVoid(path, () -> Files.createDirectory(Path.of(path)));
  }

  @HostAccess.Export
  public void makeDirectories(String path) {
    guardedVoid(path, () -> Files.createDirectories(Path.of(path)));
  }

  @HostAccess.Export
  public void remove(String path) {
    guardedVoid(
        path,
        () -> {
          if (Files.isDirectory(Path.of(path), LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("is a folder");
          }
          Files.delete(Path.of(path));
        });
  }

  @HostAccess.Export
  public void removeDirectory(String path, boolean recursive) {
    guardedVoid(
        path,
        () -> {
          Path root = Path.of(path);
          if (!Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
            throw new NoSuchFileException(path);
          }
          if (recursive) {
            List<Path> entries;
            try (Stream<Path> walk = Files.walk(root)) {
              entries = walk.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path entry : entries) {
              Files.delete(entry);
            }
          } else {
            Files.delete(root);
          }
        });
  }

  private byte[] bytes(String path) throws IOException {
    Path file = Path.of(path);
    if (Files.isDirectory(file)) {
      throw new IOException("is a folder");
    }
    if (Files.size(file) > READ_BYTES_MAX) {
      throw new IOException(
          "too large to read in one piece (more than " + READ_BYTES_MAX + " bytes)");
    }
    return Files.readAllBytes(file);
  }

  @HostAccess.Export
  public String read(String path) {
    return guarded(path, () -> new String(bytes(path), StandardCharsets.UTF_8));
  }

  @HostAccess.Export
  public String read64(String path) {
    return guarded(path, () -> Base64.getEncoder().encodeToString(bytes(path)));
  }

  @HostAccess.Export
  public void write(String path, String content, boolean append) {
    guardedVoid(path, () -> write(path, content.getBytes(StandardCharsets.UTF_8), append));
  }

  @HostAccess.Export
  public void write64(String path, String content, boolean append) {
    guardedVoid(path, () -> write(path, Base64.getDecoder().decode(content), append));
  }

  private static void write(String path, byte[] content, boolean append) throws IOException {
    Files.write(
        Path.of(path),
        content,
        StandardOpenOption.CREATE,
        append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE);
  }

  @HostAccess.Export
  public void copyFile(String from, String to, boolean overwrite) {
    guardedVoid(
        from,
        () -> {
          Path source = Path.of(from);
          Path target = Path.of(to);
          if (Files.isDirectory(target)) {
            target = target.resolve(source.getFileName());
          }
          if (overwrite) {
            Files.copy(source, target, StandardCopyOption.REPLACE_EXISTING);
          } else {
            Files.copy(source, target);
          }
        });
  }

  @HostAccess.Export
  public void copyRecursive(String from, String to) {
    guardedVoid(
        from,
        () -> {
          Path source = Path.of(from).toAbsolutePath().normalize();
          Path target = Path.of(to).toAbsolutePath().normalize();
          if (target.startsWith(source)) {
            throw new IOException("cannot copy a folder into itself");
          }
          try (Stream<Path> walk = Files.walk(source)) {
            for (Path entry : walk.toList()) {
              Path copy = target.resolve(source.relativize(entry).toString());
              if (Files.isDirectory(entry)) {
                Files.createDirectories(copy);
              } else {
                Files.copy(entry, copy);
              }
            }
          }
        });
  }

  @HostAccess.Export
  public void linkFile(String target, String link) {
    guardedVoid(link, () -> Files.createSymbolicLink(Path.of(link), Path.of(target)));
  }

  @HostAccess.Export
  public void move(String from, String to) {
    guardedVoid(
        from,
        () -> {
          Path target = Path.of(to);
          if (Files.isDirectory(target)) {
            target = target.resolve(Path.of(from).getFileName());
          }
          Files.move(Path.of(from), target, StandardCopyOption.REPLACE_EXISTING);
        });
  }

  @HostAccess.Export
  public void chmod(String path, int mode) {
    guardedVoid(
        path,
        () -> {
          Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
          PosixFilePermission[] all = PosixFilePermission.values();
          for (int bit = 0; bit < all.length; bit++) {
            if ((mode & (0400 >> bit)) != 0) {
              permissions.add(all[bit]);
            }
          }
          Files.setPosixFilePermissions(Path.of(path), permissions);
        });
  }

  @HostAccess.Export
  public void zip(String archive, String folder, Value names) {
    guardedVoid(
        archive,
        () -> {
          Path root = Path.of(folder);
          try (OutputStream file =
                  Files.newOutputStream(Path.of(archive), StandardOpenOption.CREATE_NEW);
              ZipOutputStream out = new ZipOutputStream(file)) {
            for (long i = 0; i < names.getArraySize(); i++) {
              String name = names.getArrayElement(i).asString();
              out.putNextEntry(new ZipEntry(name));
              Files.copy(root.resolve(name), out);
              out.closeEntry();
            }
          }
        });
  }

  @HostAccess.Export
  public void unzip(String archive, String folder, boolean skipPaths, boolean overwrite) {
    guardedVoid(
        archive,
        () -> {
          Path root = Path.of(folder).toAbsolutePath().normalize();
          try (InputStream file = Files.newInputStream(Path.of(archive));
              ZipInputStream in = new ZipInputStream(file)) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
              Path relative = Path.of(entry.getName());
              Path target = root.resolve(skipPaths ? relative.getFileName() : relative).normalize();
              if (!target.startsWith(root)) {
                throw new IOException(
                    "the archive's entry '" + entry.getName() + "' points out of the folder");
              }
              if (entry.isDirectory()) {
                Files.createDirectories(target);
                continue;
              }
              Files.createDirectories(target.getParent());
              if (overwrite) {
                Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
              } else {
                Files.copy(in, target);
              }
            }
          }
        });
  }
}
