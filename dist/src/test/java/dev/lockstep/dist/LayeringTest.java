package dev.lockstep.dist;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Who may import whom, with the reason. Maven walls the modules; this walls the packages inside
/// them and the libraries. A rule that fails prints its reason: argue with the reason
/// (docs/decisions/0001-modules.md), not with the rule.
class LayeringTest {
  private static final String[] CORE = {"dev.lockstep.core.."};

  /// Error numbers, and the position in a change log that every message of the protocol carries.
  private static final DescribedPredicate<JavaClass> VOCABULARY =
      resideInAPackage("dev.lockstep.core").or(name("dev.lockstep.core.storage.Tick"));

  private static JavaClasses product;

  @BeforeAll
  static void readTheClassesOfAllModules() {
    product =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.lockstep");
  }

  @Test
  void seesTheClassesOfEveryModule() {
    for (String module :
        new String[] {"core", "rocksdb", "replication", "client", "server", "shell", "bench"}) {
      assertThat(product.containPackage("dev.lockstep." + module))
          .as("classes below dev.lockstep.%s", module)
          .isTrue();
    }
  }

  @TestFactory
  Stream<DynamicTest> everyPackageImportsOnlyWhatItMay() {
    return Stream.of(
            layer(
                    "dev.lockstep.core.document..",
                    "a document is bytes, a key and a revision: it knows no storage")
                .mayUse(),
            layer(
                    "dev.lockstep.core.storage..",
                    "an engine stores keys and values; what they mean is above it")
                .mayUse("dev.lockstep.core.document.."),
            layer(
                    "dev.lockstep.core.changelog..",
                    "the log is read by replication without the catalog")
                .mayUse("dev.lockstep.core.document..", "dev.lockstep.core.storage.."),
            layer(
                    "dev.lockstep.core.revision..",
                    "trees are pure functions: nothing to lock, nothing to mock")
                .mayUse("dev.lockstep.core.document..", "dev.lockstep.core.storage.."),
            layer("dev.lockstep.core..", "everything stands on core, core on nothing").mayUse(),
            layer(
                    "dev.lockstep.rocksdb..",
                    "an engine implements the storage interface and sees no collection")
                .mayUse("dev.lockstep.core.storage..", "dev.lockstep.core.document.."),
            layer(
                    "dev.lockstep.replication.protocol..",
                    "both sides and both ends of the wire share it")
                .mayUse(CORE),
            layer(
                    "dev.lockstep.replication.leader..",
                    "serves any follower: it must not know ours, nor HTTP")
                .mayUse("dev.lockstep.core..", "dev.lockstep.replication.protocol.."),
            layer(
                    "dev.lockstep.replication.follower..",
                    "must run in a simulation, without a network and without our leader")
                .mayUse("dev.lockstep.core..", "dev.lockstep.replication.protocol.."),
            layer(
                    "dev.lockstep.client..",
                    "used by the follower in the server and by the shell: it is neither")
                .mayUse("dev.lockstep.core..", "dev.lockstep.replication.."),
            layer(
                    "dev.lockstep.server..",
                    "the server starts without a script engine and a terminal")
                .mayUse(
                    "dev.lockstep.core..",
                    "dev.lockstep.rocksdb..",
                    "dev.lockstep.replication..",
                    "dev.lockstep.client.."),
            layer(
                    "dev.lockstep.shell..",
                    "a client like any other: it must work against a stock server")
                .mayUse(
                    "dev.lockstep.core.document..",
                    "dev.lockstep.core.revision..",
                    "dev.lockstep.client..",
                    "dev.lockstep.replication.protocol.."),
            layer(
                    "dev.lockstep.bench..",
                    "measures loops without a server around them, on the documents of `lockstep"
                        + " bench`")
                .mayUse(
                    "dev.lockstep.core..",
                    "dev.lockstep.rocksdb..",
                    "dev.lockstep.replication.protocol..",
                    "dev.lockstep.shell.bench.."))
        .map(LayeringTest::test);
  }

  @TestFactory
  Stream<DynamicTest> everyLibraryStaysWhereItBelongs() {
    return Stream.of(
            only("the storage engine stays replaceable", "org.rocksdb..")
                .mayBeUsedIn("dev.lockstep.rocksdb.."),
            only(
                    "no other command pays for the start of a script engine",
                    "org.graalvm..",
                    "com.oracle.truffle..")
                .mayBeUsedIn("dev.lockstep.shell.script.."),
            only("HTTP is spoken at two doors", "org.eclipse.jetty..")
                .mayBeUsedIn("dev.lockstep.server.http..", "dev.lockstep.client.."),
            only("compression is the wire's affair", "com.github.luben..")
                .mayBeUsedIn("dev.lockstep.server.http..", "dev.lockstep.client.."),
            only("a terminal is the shell's affair", "org.jline..")
                .mayBeUsedIn("dev.lockstep.shell.."),
            only(
                    "documents stay bytes: JSON is read and written where text comes in or goes"
                        + " out",
                    "com.fasterxml.jackson..")
                .mayBeUsedIn(
                    "dev.lockstep.core.document..",
                    "dev.lockstep.replication.protocol..",
                    "dev.lockstep.client..",
                    "dev.lockstep.server..",
                    "dev.lockstep.shell.."),
            only(
                    "trees of JSON nodes are slow and forget number types and attribute order",
                    "com.fasterxml.jackson.databind..")
                .mayBeUsedIn(
                    "dev.lockstep.client..", "dev.lockstep.server..", "dev.lockstep.shell.."),
            only("a rule's language is nobody else's affair", "com.networknt..")
                .mayBeUsedIn("dev.lockstep.server.schema.."),
            only("the product does not measure itself", "org.openjdk.jmh..")
                .mayBeUsedIn("dev.lockstep.bench.."),
            only("arguments are read at the two main programs", "picocli..")
                .mayBeUsedIn("dev.lockstep.shell..", "dev.lockstep.server.."))
        .map(LayeringTest::test);
  }

  @Test
  void noPackageIsADrawer() {
    check(
        noClasses()
            .should()
            .resideInAnyPackage(
                "..util..", "..utils..", "..common..", "..helper..", "..helpers..", "..misc..")
            .because("a helper stays with its caller until it earns a noun"));
  }

  @Test
  void noClassIsAManager() {
    check(
        classes()
            .should()
            .haveSimpleNameNotEndingWith("Manager")
            .andShould()
            .haveSimpleNameNotEndingWith("Utils")
            .andShould()
            .haveSimpleNameNotEndingWith("Util")
            .andShould()
            .haveSimpleNameNotEndingWith("Helper")
            .because("the name says that something is done, not what"));
  }

  @Test
  void noClassIsABareBatch() {
    check(
        noClasses()
            .should()
            .haveSimpleName("Batch")
            .because(
                "storage's is a WriteBatch, the wire's a ReplicationBatch (docs/protocol.md)"));
  }

  private record Rule(String name, ArchRule rule) {}

  private static Layer layer(String packages, String reason) {
    return new Layer(packages, reason);
  }

  private record Layer(String packages, String reason) {
    /// Itself, and these; of our own packages nothing else.
    Rule mayUse(String... others) {
      String[] allowed =
          Stream.concat(Stream.of(packages), Arrays.stream(others)).toArray(String[]::new);
      return new Rule(
          packages + " uses of ours only " + String.join(", ", others),
          noClasses()
              .that()
              .resideInAPackage(packages)
              .should()
              .dependOnClassesThat(
                  resideInAPackage("dev.lockstep..")
                      .and(not(resideInAnyPackage(allowed)))
                      .and(not(VOCABULARY)))
              .because(reason)
              // A layer may be empty while it is being built; seesTheClassesOfEveryModule guards
              // against a typing error.
              .allowEmptyShould(true));
    }
  }

  private static Library only(String reason, String... packages) {
    return new Library(reason, packages);
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Library(String reason, String[] packages) {
    Rule mayBeUsedIn(String... users) {
      return new Rule(
          String.join(", ", packages) + " only in " + String.join(", ", users),
          noClasses()
              .that()
              .resideOutsideOfPackages(users)
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(packages)
              .because(reason));
    }
  }

  private static DynamicTest test(Rule rule) {
    return DynamicTest.dynamicTest(rule.name(), () -> check(rule.rule()));
  }

  private static void check(ArchRule rule) {
    rule.check(product);
  }
}
