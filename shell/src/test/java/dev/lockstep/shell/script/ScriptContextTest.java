package dev.lockstep.shell.script;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.shell.FakeServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScriptContextTest {
  private ShellFixture shell;

  @BeforeAll
  void open() throws Exception {
    shell =
        new ShellFixture(
            new ScriptSettings(
                true,
                false,
                true,
                Path.of("js"),
                Path.of(System.getProperty("java.io.tmpdir")),
                List.of("one", "two"),
                Map.of("server.database", "_system")));
  }

  @AfterAll
  void close() throws Exception {
    shell.close();
  }

  @BeforeEach
  void clear() {
    shell.clear();
  }

  @Test
  void showsTheThrowingLineOfAScriptAndTheCallsThatLedThere(@TempDir Path folder) throws Exception {
    Path script = folder.resolve("broken.js");
    Files.writeString(
        script, "#!/usr/bin/env lockstep\nfunction f(x) {\n  return x.y.z;\n}\nf({});\n");
    Outcome outcome = shell.scripts.runFile(script);
    assertThat(outcome)
        .isEqualTo(
            new Outcome.Failed(
                "JavaScript exception in file '%s' at 3,10: TypeError: Cannot read property 'z' of undefined\n"
                        .formatted(script)
                    + "!  return x.y.z;\n"
                    + "!         ^\n"
                    + "stacktrace: TypeError: Cannot read property 'z' of undefined\n"
                    + "    at f (%s:3:10)\n".formatted(script)
                    + "    at (%s:5:1)".formatted(script)));
  }

  @Test
  void showsWhereASyntaxErrorIs(@TempDir Path folder) throws Exception {
    Path script = folder.resolve("wrong.js");
    Files.writeString(script, "var a = 1;\nvar b = ;\n");
    String expected =
        "JavaScript exception in file '%s' at 2,9: SyntaxError: Expected an operand but found ;\n!var b = ;\n!        ^"
            .formatted(script);
    assertThat(shell.scripts.runFile(script)).isEqualTo(new Outcome.Failed(expected));
    assertThat(shell.scripts.check(script)).isEqualTo(new Outcome.Failed(expected));
  }

  @Test
  void leavesOurOwnModulesOutOfTheTrace() {
    shell.server.on("GET /_api/collection", 200, "{\"error\":false,\"code\":200,\"result\":[]}");
    assertThat(shell.failing("db._document('x')"))
        .isEqualTo(
            "JavaScript exception: ArangoError 1205: illegal document identifier\n"
                + "!db._document('x')\n"
                + "!^");
  }

  @Test
  void endsWithTheStatusThatAScriptAsksFor() throws Exception {
    try (ShellFixture other = new ShellFixture()) {
      assertThat(
              other.scripts.run(
                  "try { process.exit(7) } catch (e) { print('caught') } finally { print('x') }"))
          .isEqualTo(new Outcome.Exited(7));
    }
  }

  @Test
  void stopsAnEndlessScriptAndGoesOn() throws Exception {
    for (String endless :
        List.of("for (;;) {}", "require('internal').sleep(1000)", "db._version()")) {
      CountDownLatch reached = new CountDownLatch(1);
      shell.server.on(
          "GET /_api/version",
          _ -> {
            reached.countDown();
            new CountDownLatch(1).await(2, TimeUnit.SECONDS);
            return FakeServer.Answer.of(200, "{\"version\":\"3.8.9\"}");
          });
      try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
        var interrupter =
            executor.submit(() -> {
              if (endless.startsWith("db")) {
                assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();
              }
              shell.scripts.interrupt();
              return null;
            });
        // An interrupt that comes before the script has begun finds nothing to stop, so it is
        // repeated.
        var again =
            executor.submit(() -> {
              interrupter.get();
              while (!Thread.interrupted()) {
                shell.scripts.interrupt();
                Thread.yield();
              }
              return null;
            });
        assertThat(shell.scripts.evaluateAndPrint(endless)).isEqualTo(new Outcome.Interrupted(""));
        again.cancel(true);
        executor.shutdownNow();
      }
      shell.scripts.run("1");
      assertThat(shell.typed("1 + 1")).isEqualTo("2");
    }
  }

  @Test
  void findsModulesBesideTheScriptInNodeModulesAndInTheWorkingDirectory(@TempDir Path folder)
      throws Exception {
    Files.writeString(
        folder.resolve("helper.js"),
        "exports.name = module.filename; exports.data = require('./data.json')");
    Files.writeString(folder.resolve("data.json"), "{\"a\":1}");
    Files.createDirectories(folder.resolve("node_modules/dep"));
    Files.writeString(folder.resolve("node_modules/dep/package.json"), "{\"main\":\"lib.js\"}");
    Files.writeString(
        folder.resolve("node_modules/dep/lib.js"),
        "module.exports = 'dep of ' + require('path').basename(__dirname)");
    Path script = folder.resolve("main.js");
    Files.writeString(
        script,
        "print(require('./helper').name === __dirname + '/helper.js', require('./helper').data.a,"
            + " require('dep'), ARGUMENTS.join())");
    assertThat(shell.scripts.runFile(script)).isEqualTo(new Outcome.Finished());
    assertThat(shell.output.take()).isEqualTo("true 1 dep of dep one,two\n");
  }

  @Test
  void saysThatAModuleIsNotThere() {
    assertThat(shell.failing("require('http')"))
        .startsWith(
            "JavaScript exception: Error: module 'http' is not available in Lockstep's shell");
    assertThat(shell.failing("require('./no-such-file')"))
        .contains("cannot find module './no-such-file'");
    // The bootstrap and other internals are no modules for scripts.
    assertThat(shell.failing("require('bootstrap')")).contains("is not available");
    assertThat(shell.failing("require('@arangodb/printer')")).contains("is not available");
  }

  @Test
  void hidesJavaFromScripts() {
    assertThat(
            shell.typed(
                "[typeof Java, typeof Polyglot, typeof Packages, typeof load, typeof quit, typeof"
                    + " native].join()"))
        .isEqualTo("undefined,undefined,undefined,undefined,undefined,undefined");
  }

  @Test
  void reportsFailuresOfJavaAsArangoErrors(@TempDir Path folder) {
    assertThat(shell.errorOf("require('fs').read('" + folder + "/nothing')"))
        .isEqualTo("[2,500,\"file or folder not found: " + folder + "/nothing\"]");
  }

  @Test
  void completesNamesOfMembersAndCollections() {
    shell.server.on(
        "GET /_api/collection",
        200,
        "{\"result\":[{\"id\":\"1\",\"name\":\"users\",\"type\":2,\"status\":3},{\"id\":\"2\",\"name\":\"a-b\",\"type\":2,\"status\":3}]}");
    assertThat(shell.scripts.completions("db.us")).containsExactly("db.users");
    assertThat(shell.scripts.completions("db._useD")).containsExactly("db._useDatabase");
    assertThat(shell.scripts.completions("db.users.ens")).containsExactly("db.users.ensureIndex");
    assertThat(shell.scripts.completions("db.users."))
        .contains("db.users.count")
        .doesNotContain("db.users._url");
    assertThat(shell.scripts.completions("requi")).containsExactly("require");
    assertThat(shell.scripts.completions("nothing.at.all")).isEmpty();
    shell.clear();
    shell.server.on("GET /_api/collection", 500, "");
    assertThat(shell.scripts.completions("db.us")).isEmpty();
  }

  @Test
  void givesScriptsConsoleAndProcess() {
    assertThat(
            shell.typed(
                "console.log('%s is %d of %i%%: %f %j', 'x', 1.5, 2.9, '0.25', {a: [1]}, 'more')"))
        .isEqualTo("x is 1.5 of 2%: 0.25 {\"a\":[1]} more");
    shell.typed("console.group('g'); console.info('in'); console.groupEnd(); console.info('out')");
    shell.typed("console.warn('careful'); console.assert(1 === 2, 'sum')");
    assertThat(shell.output.takeErrors()).isEqualTo("careful\nassertion failed: sum\n");
    assertThat(shell.typed("console.getline()")).isEqualTo("a typed line");
    assertThat(shell.typed("process.argv.slice(2).join()")).isEqualTo("one,two");
    assertThat(shell.typed("require('internal').options()['server.database']"))
        .isEqualTo("_system");
    assertThat(shell.typed("typeof process.env.PATH + process.cwd().charAt(0)"))
        .isEqualTo("string/");
  }

  @Test
  void givesScriptsFiles(@TempDir Path folder) throws Exception {
    shell.typed("var fs = require('fs'); var base = '" + folder + "'; undefined");
    shell.typed(
        "fs.makeDirectoryRecursive(fs.join(base, 'a', 'b')); fs.write(base + '/a/b/x.txt', 'hé');"
            + " undefined");
    shell.typed("fs.append(base + '/a/b/x.txt', '!'); undefined");
    assertThat(shell.typed("fs.read(base + '/a/b/x.txt')")).isEqualTo("hé!");
    assertThat(shell.typed("fs.readBuffer(base + '/a/b/x.txt').toString('hex')"))
        .isEqualTo("68c3a921");
    assertThat(shell.json("fs.listTree(base)")).isEqualTo("[\"\",\"a\",\"a/b\",\"a/b/x.txt\"]");
    assertThat(
            shell.typed(
                "[fs.size(base + '/a/b/x.txt'), fs.isFile(base), fs.isDirectory(base)].join()"))
        .isEqualTo("4,false,true");
    shell.typed(
        "fs.zipFile(base + '/z.zip', base, ['a/b/x.txt']); fs.unzipFile(base + '/z.zip', base +"
            + " '/out', false, true)");
    assertThat(Files.readString(folder.resolve("out/a/b/x.txt"))).isEqualTo("hé!");
    shell.typed(
        "fs.copyRecursive(base + '/a', base + '/c'); fs.chmod(base + '/c/b/x.txt', '0600');"
            + " fs.move(base + '/c/b/x.txt', base + '/y'); fs.removeDirectoryRecursive(base +"
            + " '/c')");
    assertThat(Files.readString(folder.resolve("y"))).isEqualTo("hé!");
    assertThat(folder.resolve("c")).doesNotExist();
    assertThat(shell.errorOf("fs.removeDirectory(base + '/a')")).contains("folder is not empty");
    assertThat(shell.errorOf("fs.copyFile(base + '/y', base + '/a/b/x.txt')"))
        .contains("exists already");
  }

  @Test
  void givesScriptsNodesSmallModules() {
    assertThat(shell.typed("require('path').join('/a', '..', 'b', './c.js')")).isEqualTo("/b/c.js");
    assertThat(shell.typed("require('path').relative('/a/b', '/a/c/d')")).isEqualTo("../c/d");
    assertThat(shell.typed("require('url').resolve('http://h:1/a/b?x', '../c#d')"))
        .isEqualTo("http://h:1/c#d");
    assertThat(shell.json("require('url').parse('http://u:p@h:80/p?a=1#x')"))
        .contains(
            "\"hostname\":\"h\"", "\"port\":\"80\"", "\"pathname\":\"/p\"", "\"query\":\"a=1\"");
    assertThat(shell.json("require('querystring').parse('a=1&a=2&b=%20+c')"))
        .isEqualTo("{\"a\":[\"1\",\"2\"],\"b\":\"  c\"}");
    assertThat(shell.typed("Buffer.from('aMOp4oKs8J+YgA==', 'base64').toString()"))
        .isEqualTo("hé€😀");
    assertThat(shell.typed("Buffer.from('hé€😀').toString('base64')"))
        .isEqualTo("aMOp4oKs8J+YgA==");
    assertThat(shell.typed("Buffer.from([0xff, 0x41]).toString()")).isEqualTo("\ufffdA");
    assertThat(
            shell.typed(
                "var e = new (require('events'))(); var n = 0; e.once('x', v => n += v);"
                    + " e.emit('x', 2); e.emit('x', 3); n"))
        .isEqualTo("2");
    assertThat(shell.failing("require('assert').deepStrictEqual({a: [1]}, {a: [2]})"))
        .contains("AssertionError");
    shell.typed("require('assert').deepEqual({a: [1, new Date(5)]}, {a: ['1', new Date(5)]})");
    shell.typed("require('assert').throws(() => { throw new TypeError('x') }, TypeError)");
    assertThat(
            shell.json(
                "aql`FOR d IN ${{isArangoCollection: true, name: () => 'c'}} FILTER d.a == ${1} &&"
                    + " d.b == ${1} ${aql.literal('LIMIT 1')} RETURN d`"))
        .isEqualTo(
            "{\"query\":\"FOR d IN @@value0 FILTER d.a == @value1 && d.b == @value1 LIMIT 1 RETURN"
                + " d\",\"bindVars\":{\"@value0\":\"c\",\"value1\":1}}");
  }
}
