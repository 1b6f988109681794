package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentWrite.Insert;
import dev.lockstep.core.collection.DocumentWrite.PutReplicated;
import dev.lockstep.core.collection.DocumentWrite.Remove;
import dev.lockstep.core.collection.DocumentWrite.Replace;
import dev.lockstep.core.collection.DocumentWrite.Update;
import dev.lockstep.core.collection.WriteResult.Refused;
import dev.lockstep.core.collection.WriteResult.Written;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.StorageEngine;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which writes a collection's schema judges, whatever language its rule is written in: here
/// `{"demand": "n"}` is a rule that demands a number `n`.
public abstract class CollectionSchemaContract {
  @TempDir protected Path directory;
  private StorageEngine engine;
  private DocumentStore store;
  private final DemandCompiler compiler = new DemandCompiler();

  /// A new, empty engine in `directory`.
  protected abstract StorageEngine open(Path directory);

  @BeforeEach
  void openEngine() {
    engine = open(directory);
    openStore();
  }

  private void openStore() {
    store =
        DocumentStore.open(
            engine,
            new HybridLogicalClock(() -> DocumentStoreContract.NOW),
            StoreSettings.DEFAULT.withRules(compiler));
  }

  @AfterEach
  void closeStore() {
    store.unreachable().purgeWaiting();
    DocumentStoreContract.assertConsistent(store);
    store.close();
    engine.close();
  }

  private static final class DemandCompiler implements RuleCompiler {
    private int compiled;
    private int judged;

    @Override
    public DocumentRule compile(VPackSlice rule) {
      compiled++;
      VPackSlice demand = rule.get("demand");
      if (demand == null) {
        throw new LockstepException(ErrorNumber.VALIDATION_BAD_PARAMETER, "demands nothing");
      }
      String name = demand.asString();
      return document -> {
        judged++;
        VPackSlice value = document.get(name);
        return value != null && value.isNumber() ? null : name + " is no number";
      };
    }
  }

  private Database system() {
    return store.requireDatabase(DocumentStore.SYSTEM);
  }

  private static CollectionProperties properties(String schema) {
    return CollectionProperties.of("c", CollectionType.DOCUMENT)
        .withSchema(DocumentStoreContract.json(schema).toByteArray());
  }

  private DocumentCollection create(String schema) {
    return system().createCollection(properties(schema));
  }

  private static String schemaOf(DocumentCollection collection) {
    byte[] schema = collection.definition().properties().schema();
    return schema == null ? "none" : VPackSlice.of(schema).toJson();
  }

  private static void change(DocumentCollection collection, String schema) {
    collection.changeProperties(null, null, DocumentStoreContract.json(schema).toByteArray(), true);
  }

  /// Puts a document there that the rule has nothing to say about.
  private static void putReplicated(DocumentCollection collection, String key, String members) {
    long revision = 5000 + key.charAt(0);
    WriteResult result =
        collection.write(
            new PutReplicated(
                StoredDocument.normalize(
                    DocumentStoreContract.json(members), key, new Revision(revision))),
            WriteOptions.REPLICATION);
    assertThat(result).isInstanceOf(Written.class);
  }

  private static WriteResult insert(
      DocumentCollection collection, String document, OverwriteMode mode) {
    return collection.write(
        new Insert(DocumentStoreContract.json(document), mode, true, true, null),
        WriteOptions.DEFAULT);
  }

  private static WriteResult insert(DocumentCollection collection, String document) {
    return insert(collection, document, OverwriteMode.CONFLICT);
  }

  private static WriteResult replace(DocumentCollection collection, String key, String document) {
    return collection.write(
        new Replace(key, DocumentStoreContract.json(document), null), WriteOptions.DEFAULT);
  }

  private static WriteResult update(DocumentCollection collection, String key, String patch) {
    return collection.write(
        new Update(key, DocumentStoreContract.json(patch), null, true, true), WriteOptions.DEFAULT);
  }

  private static void assertWritten(WriteResult result) {
    assertThat(result).isInstanceOf(Written.class);
  }

  private static void assertInvalid(WriteResult result) {
    assertThat(result)
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.error().number()).isEqualTo(ErrorNumber.VALIDATION_FAILED);
              assertThat(refused.error()).hasMessage("schema validation failed");
              assertThat(refused.error().detail()).isEqualTo("n is no number");
            });
  }

  private static String member(DocumentCollection collection, String key, String name) {
    Document document = collection.document(key);
    VPackSlice value = document == null ? null : document.slice().get(name);
    return value == null ? "none" : value.toJson();
  }

  @Test
  void strictJudgesEveryNewStateOfADocument() {
    DocumentCollection collection = create("{'rule':{'demand':'n'}}");
    putReplicated(collection, "x", "{'n':'invalid'}");

    assertInvalid(insert(collection, "{'_key':'a'}"));
    assertThat(collection.count()).isEqualTo(1);
    assertWritten(insert(collection, "{'_key':'a','n':1}"));
    assertInvalid(replace(collection, "a", "{'m':1}"));
    assertInvalid(update(collection, "a", "{'n':'one'}"));
    assertThat(member(collection, "a", "n")).isEqualTo("1");
    assertWritten(update(collection, "a", "{'m':1}"));
    assertWritten(replace(collection, "a", "{'n':2}"));
    assertInvalid(update(collection, "x", "{'m':1}"));
    assertWritten(update(collection, "x", "{'n':3}"));
    assertWritten(collection.write(new Remove("a", null), WriteOptions.DEFAULT));
  }

  @Test
  void moderateLetsDocumentsThatWereInvalidStayInvalid() {
    DocumentCollection collection = create("{'rule':{'demand':'n'},'level':'moderate'}");
    putReplicated(collection, "x", "{'n':'invalid'}");

    assertInvalid(insert(collection, "{'_key':'a'}"));
    assertWritten(insert(collection, "{'_key':'a','n':1}"));
    assertInvalid(update(collection, "a", "{'n':'one'}"));
    assertInvalid(replace(collection, "a", "{}"));
    assertWritten(update(collection, "x", "{'m':1}"));
    assertWritten(replace(collection, "x", "{'m':2}"));
    assertWritten(replace(collection, "x", "{'n':3}"));
    assertInvalid(replace(collection, "x", "{}"));
  }

  @Test
  void newJudgesOnlyDocumentsWithANewKey() {
    DocumentCollection collection = create("{'rule':{'demand':'n'},'level':'new'}");

    assertInvalid(insert(collection, "{'_key':'a'}"));
    assertInvalid(insert(collection, "{'_key':'a'}", OverwriteMode.REPLACE));
    assertWritten(insert(collection, "{'_key':'a','n':1}"));
    assertWritten(update(collection, "a", "{'n':'one'}"));
    assertWritten(replace(collection, "a", "{}"));
    assertWritten(insert(collection, "{'_key':'a','m':1}", OverwriteMode.REPLACE));
  }

  @Test
  void noneJudgesNothingButKeepsTheRule() {
    DocumentCollection collection = create("{'rule':{'demand':'n'},'level':'none'}");

    assertWritten(insert(collection, "{'_key':'a'}"));
    assertWritten(update(collection, "a", "{'m':1}"));
    assertThat(compiler.judged).isZero();
    assertThat(schemaOf(collection))
        .isEqualTo(
            "{\"rule\":{\"demand\":\"n\"},\"level\":\"none\",\"message\":\"\",\"type\":\"json\"}");
  }

  @Test
  void everyOverwriteModeIsJudgedByWhatItWouldStore() {
    DocumentCollection collection = create("{'rule':{'demand':'n'}}");
    assertWritten(insert(collection, "{'_key':'a','n':1}"));

    assertInvalid(insert(collection, "{'_key':'a','m':1}", OverwriteMode.REPLACE));
    assertWritten(insert(collection, "{'_key':'a','m':1}", OverwriteMode.UPDATE));
    assertInvalid(insert(collection, "{'_key':'a','n':'one'}", OverwriteMode.UPDATE));
    assertThat(insert(collection, "{'_key':'a','n':'one'}", OverwriteMode.IGNORE))
        .isInstanceOf(WriteResult.Ignored.class);
    assertThat(member(collection, "a", "n")).isEqualTo("1");
  }

  @Test
  void oneInvalidDocumentOfManyIsRefusedAloneUnlessTheCallIsAtomic() {
    DocumentCollection collection = create("{'rule':{'demand':'n'}}");
    List<DocumentWrite> writes =
        List.of(
            Insert.of(DocumentStoreContract.json("{'_key':'a','n':1}")),
            Insert.of(DocumentStoreContract.json("{'_key':'b'}")),
            new Update("a", DocumentStoreContract.json("{'n':'one'}"), null, true, true),
            Insert.of(DocumentStoreContract.json("{'_key':'c','n':1}")));
    WriteOptions atomic =
        new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.CLIENT);

    for (WriteResult result : collection.write(writes, atomic)) {
      assertThat(result)
          .isInstanceOfSatisfying(
              Refused.class,
              refused -> assertThat(refused.error().detail()).isEqualTo("n is no number"));
    }
    assertThat(collection.count()).isZero();
    List<WriteResult> results = collection.write(writes, WriteOptions.DEFAULT);
    assertWritten(results.get(0));
    assertInvalid(results.get(1));
    assertInvalid(results.get(2));
    assertWritten(results.get(3));
    assertThat(collection.count()).isEqualTo(2);
  }

  @Test
  void theMessageOfTheSchemaIsToldAndTheReasonBesideIt() {
    DocumentCollection collection = create("{'rule':{'demand':'n'},'message':'no n, no entry'}");

    assertThat(insert(collection, "{}"))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.error()).hasMessage("no n, no entry");
              assertThat(refused.error().detail()).isEqualTo("n is no number");
            });
  }

  @Test
  void isCompiledOnceForManyWritesAndNotNeededWithoutASchema() {
    DocumentCollection plain =
        system().createCollection(CollectionProperties.of("plain", CollectionType.DOCUMENT));
    assertWritten(insert(plain, "{}"));
    assertThat(compiler.compiled).isZero();
    DocumentCollection collection = create("{'rule':{'demand':'n'}}");
    int accepted = compiler.compiled;
    for (int i = 0; i < 10; i++) {
      assertWritten(insert(collection, "{'n':1}"));
    }
    collection.truncate(Durability.PROCESS_CRASH);
    assertWritten(insert(collection, "{'n':1}"));
    assertThat(compiler.compiled).isEqualTo(accepted + 1);
    assertThat(compiler.judged).isEqualTo(11);
  }

  @Test
  void aChangedSchemaHoldsForLaterWritesOnlyAndOutlivesARestart() {
    DocumentCollection collection =
        system().createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
    assertWritten(insert(collection, "{'_key':'a'}"));
    change(collection, "{'rule':{'demand':'m'}}");
    change(collection, "{'rule':{'demand':'n'},'level':'strict','type':'json','other':1}");
    assertThat(collection.count()).isEqualTo(1);
    assertInvalid(insert(collection, "{'m':1}"));
    assertInvalid(update(collection, "a", "{'m':1}"));
    store.close();
    openStore();
    collection = system().requireCollection("c");
    assertInvalid(insert(collection, "{'m':1}"));
    assertThat(schemaOf(collection))
        .isEqualTo(
            "{\"rule\":{\"demand\":\"n\"},\"level\":\"strict\",\"message\":\"\",\"type\":\"json\"}");
    collection.changeProperties(true, null, null, false);
    assertInvalid(insert(collection, "{'m':1}"));
    change(collection, "{}");
    assertThat(schemaOf(collection)).isEqualTo("none");
    assertWritten(insert(collection, "{'m':1}"));
    change(collection, "{'rule':{'demand':'n'}}");
    assertInvalid(insert(collection, "{'m':1}"));
    collection.changeProperties(null, null, null, true);
    assertWritten(insert(collection, "{'m':1}"));
  }

  @Test
  void documentsOfALeaderAreNotJudged() {
    CollectionProperties leaders = properties("{'rule':{'demand':'n'}}");
    try (GenerationLoad load =
        system().beginLoad(new ReplicatedCollection(leaders, "hABC/17", List.of()))) {
      load.append(
          List.of(
              StoredDocument.normalize(
                  DocumentStoreContract.json("{'n':'invalid'}"), "a", new Revision(5000))));
      load.swap(Durability.PROCESS_CRASH);
    }
    DocumentCollection collection = system().requireCollection("c");
    putReplicated(collection, "b", "{}");

    assertThat(collection.count()).isEqualTo(2);
    assertThat(compiler.judged).isZero();
    assertInvalid(insert(collection, "{}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'rule':{}}",
        "{'rule':5}",
        "{'level':'new'}",
        "{'rule':{'demand':'n'},'level':'fierce'}"
      })
  void aLeadersSchemaThatCannotBeUsedRefusesWhatClientsWriteUntilItIsChanged(String schema) {
    DocumentCollection collection =
        system().createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
    assertWritten(insert(collection, "{'_key':'a'}"));
    collection.adoptProperties(properties(schema));

    assertThat(schemaOf(collection)).isEqualTo(DocumentStoreContract.json(schema).toJson());
    putReplicated(collection, "b", "{}");
    for (WriteResult result :
        List.of(insert(collection, "{'n':1}"), update(collection, "a", "{'n':1}"))) {
      assertThat(result)
          .isInstanceOfSatisfying(
              Refused.class,
              refused -> {
                assertThat(refused.error().number())
                    .isEqualTo(ErrorNumber.VALIDATION_BAD_PARAMETER);
                assertThat(refused.error())
                    .hasMessageStartingWith("the schema of collection 'c' cannot be used: ")
                    .hasMessageContaining("'schema.")
                    .hasMessageEndingWith("; set another one, or null for none");
              });
    }
    assertWritten(collection.write(new Remove("a", null), WriteOptions.DEFAULT));
    change(collection, "{'rule':{'demand':'n'}}");
    assertWritten(insert(collection, "{'n':1}"));
  }

  @Test
  void aLeadersSchemaThatIsSwitchedOffMayBeUnusable() {
    DocumentCollection collection =
        system().createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
    collection.adoptProperties(properties("{'rule':{},'level':'none'}"));

    assertWritten(insert(collection, "{}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[1]                                     | invalid value [1] for attribute 'schema':"
            + " expecting an object or null",
        "{'level':'new'}                         | attribute 'schema.rule' is missing: expecting a"
            + " JSON Schema",
        "{'rule':null}                           | attribute 'schema.rule' is missing: expecting a"
            + " JSON Schema",
        "{'rule':true}                           | invalid value true for attribute 'schema.rule':"
            + " expecting a JSON Schema, which is an object",
        "{'rule':{}}                             | invalid value for attribute 'schema.rule': the"
            + " rule demands nothing",
        "{'rule':{'demand':'n'},'level':'High'}  | invalid value \"High\" for attribute"
            + " 'schema.level': expecting one of none, new, moderate, strict",
        "{'rule':{'demand':'n'},'level':1}       | invalid value 1 for attribute 'schema.level':"
            + " expecting one of none, new, moderate, strict",
        "{'rule':{'demand':'n'},'message':1}     | invalid value 1 for attribute 'schema.message':"
            + " expecting a string",
        "{'rule':{'demand':'n'},'type':'xml'}    | invalid value \"xml\" for attribute"
            + " 'schema.type': expecting \"json\"",
      })
  void whatIsNoSchemaIsNotAccepted(String schema, String message) {
    assertRefused(() -> create(schema), message);
    assertThat(system().collection("c")).isNull();
    DocumentCollection collection =
        create("{'rule':{'demand':'n'},'level':null,'message':null,'type':null}");
    String before = schemaOf(collection);
    assertRefused(() -> change(collection, schema), message);
    assertThat(schemaOf(collection)).isEqualTo(before);
  }

  private static void assertRefused(Runnable call, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            LockstepException.class,
            error -> assertThat(error.number()).isEqualTo(ErrorNumber.VALIDATION_BAD_PARAMETER))
        .hasMessage(message);
  }
}
