package dev.lockstep.server.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.AbsoluteIri;
import com.networknt.schema.Error;
import com.networknt.schema.FailFastAssertionException;
import com.networknt.schema.OutputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.BasicDialectRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.resource.SchemaLoader;
import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentRule;
import dev.lockstep.core.collection.RuleCompiler;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackToJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// JSON Schema: draft 4, as ArangoDB documents it, or a later one that the rule names in `$schema`.
/// References lead nowhere but into the rule itself and to the drafts' own schemas, which come with
/// the library: nothing is ever fetched. Thread-safe. The library is loaded with the first rule.
public final class JsonRuleCompiler implements RuleCompiler {
  /// Longest rule in VelocyPack.
  static final int BYTES_MAX = 1 << 20;

  private static final int VIOLATIONS_MAX = 3;
  private static final int MESSAGE_MAX = 300;

  /// Loads the library when it is first needed.
  private static final class Library {
    private static final List<Dialect> DIALECTS =
        List.of(
            Dialects.getDraft4(),
            Dialects.getDraft6(),
            Dialects.getDraft7(),
            Dialects.getDraft201909(),
            Dialects.getDraft202012());

    private static final String DEFAULT = Dialects.getDraft4().getId();

    private static final SchemaRegistry REGISTRY =
        SchemaRegistry.builder()
            .defaultDialectId(DEFAULT)
            .dialectRegistry(new BasicDialectRegistry(DIALECTS))
            .schemaCacheEnabled(false)
            .schemaLoader(
                SchemaLoader.builder()
                    .fetchRemoteResources(false)
                    .allow(Library::isOfADraft)
                    .build())
            .schemaRegistryConfig(
                SchemaRegistryConfig.builder()
                    .locale(Locale.ENGLISH)
                    .regularExpressionFactory(LimitedPattern::new)
                    .build())
            .build();

    /// What a rule of each draft must look like; by the draft's id.
    private static final Map<String, Schema> DRAFTS = new ConcurrentHashMap<>();

    private static boolean isOfADraft(AbsoluteIri iri) {
      String text = iri.toString();
      return text.startsWith("http://json-schema.org/draft-0")
          || text.startsWith("https://json-schema.org/draft/20");
    }

    private static Schema draft(String id) {
      return DRAFTS.computeIfAbsent(id, known -> REGISTRY.getSchema(SchemaLocation.of(known)));
    }
  }

  @Override
  public DocumentRule compile(VPackSlice rule) {
    if (rule.byteSize() > BYTES_MAX) {
      throw refused(
          "takes " + rule.byteSize() + " bytes, which is more than the " + BYTES_MAX + " allowed");
    }
    JsonNode tree = tree(rule);
    try {
      String problem = violation(Library.draft(draftId(tree)), tree, rule.byteSize());
      if (problem != null) {
        throw refused("is no valid JSON Schema: " + problem);
      }
      Schema schema = Library.REGISTRY.getSchema(SchemaLocation.of("urn:rule"), tree);
      schema.initializeValidators();
      return document -> judge(schema, document);
    } catch (SchemaException e) {
      throw refused("is no usable JSON Schema: " + shortened(String.valueOf(e.getMessage())));
    } catch (StackOverflowError e) {
      throw refused("is no usable JSON Schema: it holds a pattern that nests too deep");
    }
  }

  private static String draftId(JsonNode rule) {
    JsonNode named = rule.get("$schema");
    if (named == null) {
      return Library.DEFAULT;
    }
    StringJoiner known = new StringJoiner(", ");
    for (Dialect dialect : Library.DIALECTS) {
      if (withoutHash(dialect.getId()).equals(withoutHash(named.asText()))) {
        return dialect.getId();
      }
      known.add(dialect.getId());
    }
    throw refused(
        "has the unknown $schema " + shortened(named.toString()) + ": expecting one of " + known);
  }

  private static String withoutHash(String id) {
    return id.endsWith("#") ? id.substring(0, id.length() - 1) : id;
  }

  private static JsonNode tree(VPackSlice rule) {
    try {
      return new ObjectMapper().readTree(VPackToJson.toBytes(rule));
    } catch (IOException e) {
      throw new UncheckedIOException("what was written as JSON cannot be read", e);
    }
  }

  private static LockstepException refused(String why) {
    return new LockstepException(ErrorNumber.VALIDATION_BAD_PARAMETER, why);
  }

  private static @Nullable String judge(Schema schema, VPackSlice document) {
    JudgementLimit limit = new JudgementLimit(document.byteSize());
    return violation(schema, DocumentNodes.withoutSystemAttributes(document, limit), limit);
  }

  private static @Nullable String violation(Schema schema, JsonNode node, int bytes) {
    return violation(schema, node, new JudgementLimit(bytes));
  }

  private static @Nullable String violation(Schema schema, JsonNode node, JudgementLimit limit) {
    return ScopedValue.where(JudgementLimit.CURRENT, limit)
        .call(() -> {
          try {
            return describe(
                schema.validate(new LimitedExecution(limit), node, OutputFormat.DEFAULT));
          } catch (FailFastAssertionException e) {
            return describe(e.getErrors());
          } catch (JudgementLimit.Exceeded e) {
            return e.getMessage();
          } catch (StackOverflowError e) {
            // The limit counts keywords, and some of them take more stack than others.
            return JudgementLimit.TOO_DEEP;
          } catch (SchemaException e) {
            // Some references are followed only now.
            return "the rule cannot be applied: " + shortened(String.valueOf(e.getMessage()));
          }
        });
  }

  private static @Nullable String describe(List<Error> errors) {
    if (errors.isEmpty()) {
      return null;
    }
    List<String> told = new ArrayList<>();
    for (Error error : errors.subList(0, Math.min(errors.size(), VIOLATIONS_MAX))) {
      String place = error.getInstanceLocation().toString();
      told.add(
          (place.isEmpty() ? "document" : "'" + shortened(place) + "'")
              + ": "
              + shortened(error.getMessage())
              + " (rule '"
              + shortened(error.getSchemaLocation().getFragment().toString())
              + "')");
    }
    return String.join("; ", told);
  }

  private static String shortened(String text) {
    return text.length() > MESSAGE_MAX ? text.substring(0, MESSAGE_MAX) + "..." : text;
  }
}
