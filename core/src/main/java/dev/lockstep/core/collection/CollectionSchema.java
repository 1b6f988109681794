package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A collection's `schema` property, ready to judge documents: `rule`, by default at the level
/// `strict`, and the `message` for those who break it. Members and levels are those of ArangoDB's
/// documentation ("Schema Validation"); unknown members have no effect. Thread-safe.
final class CollectionSchema {
  private static final Logger LOG = LoggerFactory.getLogger(CollectionSchema.class);

  private static final String TYPE = "json";
  private static final int SHOWN_MAX = 100;

  private final byte[] source;
  private final ValidationLevel level;
  private final String message;
  private final DocumentRule rule;

  /// Why nothing can be judged, else null.
  private final @Nullable String problem;

  private CollectionSchema(
      byte[] source,
      ValidationLevel level,
      String message,
      DocumentRule rule,
      @Nullable String problem) {
    this.source = source;
    this.level = level;
    this.message = message;
    this.rule = rule;
    this.problem = problem;
  }

  /// What a client may set.
  ///
  /// @param schema null: none
  /// @return the schema with all its members; null for no schema, which `{}` stands for, too
  /// @throws LockstepException 1621
  static byte @Nullable [] accepted(byte @Nullable [] schema, RuleCompiler rules) {
    if (schema == null) {
      return null;
    }
    VPackSlice given = VPackSlice.of(schema);
    if (given.isObject() && given.length() == 0) {
      return null;
    }
    parse(schema, rules);
    return new VPackBuilder()
        .openObject()
        .member("rule", required(given))
        .member("level", level(given).wireName())
        .member("message", message(given))
        .member("type", TYPE)
        .close()
        .toByteArray();
  }

  /// What is stored. A leader's schema may be one that we cannot use: then everything a client
  /// writes is refused with 1621, and the log tells so once.
  static CollectionSchema ofStored(byte[] schema, String collection, RuleCompiler rules) {
    try {
      return parse(schema, rules);
    } catch (LockstepException e) {
      String problem =
          "the schema of collection '" + collection + "' cannot be used: " + e.getMessage();
      LOG.warn("{}; clients cannot write documents until it is changed", problem);
      return new CollectionSchema(
          schema,
          isOff(VPackSlice.of(schema)) ? ValidationLevel.NONE : ValidationLevel.STRICT,
          "",
          document -> null,
          problem);
    }
  }

  private static boolean isOff(VPackSlice schema) {
    VPackSlice level = schema.isObject() ? schema.get("level") : null;
    return level != null
        && level.isString()
        && level.asString().equals(ValidationLevel.NONE.wireName());
  }

  private static CollectionSchema parse(byte[] source, RuleCompiler rules) {
    VPackSlice schema = VPackSlice.of(source);
    if (!schema.isObject()) {
      throw bad("schema", schema, "an object or null");
    }
    ValidationLevel level = level(schema);
    String message = message(schema);
    VPackSlice type = member(schema, "type");
    if (type != null && !(type.isString() && type.asString().equals(TYPE))) {
      throw bad("schema.type", type, "\"" + TYPE + "\"");
    }
    DocumentRule rule = compile(required(schema), rules);
    return new CollectionSchema(source, level, message, rule, null);
  }

  /// Null if absent or null, which mean the same.
  private static @Nullable VPackSlice member(VPackSlice schema, String name) {
    VPackSlice value = schema.get(name);
    return value == null || value.isNull() ? null : value;
  }

  private static DocumentRule compile(VPackSlice rule, RuleCompiler rules) {
    try {
      return rules.compile(rule);
    } catch (LockstepException e) {
      if (e.number() != ErrorNumber.VALIDATION_BAD_PARAMETER) {
        throw e;
      }
      throw new LockstepException(
          e.number(), "invalid value for attribute 'schema.rule': the rule " + e.getMessage(), e);
    }
  }

  private static VPackSlice required(VPackSlice schema) {
    VPackSlice rule = member(schema, "rule");
    if (rule == null) {
      throw new LockstepException(
          ErrorNumber.VALIDATION_BAD_PARAMETER,
          "attribute 'schema.rule' is missing: expecting a JSON Schema");
    }
    if (!rule.isObject()) {
      throw bad("schema.rule", rule, "a JSON Schema, which is an object");
    }
    return rule;
  }

  private static ValidationLevel level(VPackSlice schema) {
    VPackSlice given = member(schema, "level");
    if (given == null) {
      return ValidationLevel.STRICT;
    }
    ValidationLevel level = given.isString() ? ValidationLevel.ofWireName(given.asString()) : null;
    if (level == null) {
      throw bad("schema.level", given, "one of " + ValidationLevel.NAMES);
    }
    return level;
  }

  private static String message(VPackSlice schema) {
    VPackSlice given = member(schema, "message");
    if (given == null) {
      return "";
    }
    if (!given.isString()) {
      throw bad("schema.message", given, "a string");
    }
    return given.asString();
  }

  private static LockstepException bad(String attribute, VPackSlice value, String expected) {
    String shown = value.toJson();
    return new LockstepException(
        ErrorNumber.VALIDATION_BAD_PARAMETER,
        "invalid value "
            + (shown.length() > SHOWN_MAX ? shown.substring(0, SHOWN_MAX) + "..." : shown)
            + " for attribute '"
            + attribute
            + "': expecting "
            + expected);
  }

  /// The very array this was made of.
  byte[] source() {
    return source;
  }

  /// Whether any write is judged.
  boolean isActive() {
    return level != ValidationLevel.NONE;
  }

  /// Judges what a client writes.
  ///
  /// @param now in stored form
  /// @param old gives the document that it takes the place of, in stored form, and is asked only if
  ///   need be; null for an insert
  /// @throws LockstepException 1620 with the place and the reason as detail; 1621 for a schema that
  ///   cannot be used
  void require(VPackSlice now, @Nullable Supplier<VPackSlice> old) {
    if (level == ValidationLevel.NONE) {
      return;
    }
    if (problem != null) {
      throw new LockstepException(
          ErrorNumber.VALIDATION_BAD_PARAMETER, problem + "; set another one, or null for none");
    }
    if (level == ValidationLevel.NEW && old != null) {
      return;
    }
    String violation = rule.violation(now);
    if (violation == null
        || level == ValidationLevel.MODERATE && old != null && rule.violation(old.get()) != null) {
      return;
    }
    throw new LockstepException(
        ErrorNumber.VALIDATION_FAILED,
        message.isEmpty() ? ErrorNumber.VALIDATION_FAILED.defaultMessage() : message,
        violation);
  }
}
