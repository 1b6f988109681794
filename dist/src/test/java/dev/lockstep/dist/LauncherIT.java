package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher's search for a Java; none of these start the product.
class LauncherIT {
  @TempDir Path folder;

  @Test
  void refusesAnOlderJavaThatItWasToldToUse() throws IOException {
    Path old = fakeJava("old", "17.0.9");

    var outcome = launch(old.toString(), null);

    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("LOCKSTEP_JAVA_HOME=" + old)
        .contains("not a Java of version 25 or later");
  }

  @Test
  void prefersJavaHomeWhenItIsNewEnough() throws IOException {
    Path chosen = fakeJava("chosen", "25.0.1");

    var outcome = launch(null, chosen.toString());

    assertThat(outcome.hasStatus(0).out().strip()).isEqualTo(chosen.toString());
  }

  @Test
  void looksFurtherWhenJavaHomeIsTooOld() throws IOException {
    Path old = fakeJava("old", "1.8.0_402");
    Path home = Files.createDirectories(folder.resolve("home"));
    Path inUserFolder = fakeJava("home/.sdkman/candidates/java/26-ea", "26-ea");

    ProcessBuilder command = Distribution.command("java-home");
    command.environment().remove("LOCKSTEP_JAVA_HOME");
    command.environment().put("JAVA_HOME", old.toString());
    command.environment().put("HOME", home.toString());
    var outcome = LockstepProcess.start(command, List.of("java-home"), null).finish().hasStatus(0);

    // A machine may have a real Java in the folders that are searched first; an old one is never
    // the answer.
    assertThat(outcome.out().strip()).isNotEqualTo(old.toString());
    assertThat(Path.of(outcome.out().strip()).resolve("release")).content().doesNotContain("1.8.0");
    assertThat(inUserFolder).exists();
  }

  @Test
  void startsThroughASymbolicLink() throws IOException {
    Path link =
        Files.createSymbolicLink(
            folder.resolve("lockstep"), Distribution.folder().resolve("bin/lockstep"));
    ProcessBuilder command = Distribution.command("java-home");
    command.command().set(0, link.toString());

    LockstepProcess.start(command, List.of("java-home"), null).finish().hasStatus(0);
  }

  private LockstepProcess.Outcome launch(
      @org.jspecify.annotations.Nullable String told,
      @org.jspecify.annotations.Nullable String javaHome) {
    ProcessBuilder command = Distribution.command("java-home");
    command.environment().remove("LOCKSTEP_JAVA_HOME");
    if (told != null) {
      command.environment().put("LOCKSTEP_JAVA_HOME", told);
    }
    if (javaHome != null) {
      command.environment().put("JAVA_HOME", javaHome);
    }
    return LockstepProcess.start(command, List.of("java-home"), null).finish();
  }

  private Path fakeJava(String name, String version) throws IOException {
    Path home = Files.createDirectories(folder.resolve(name));
    Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nexit 1\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"nobody\"\nJAVA_VERSION=\"" + version + "\"\n");
    return home;
  }
}
