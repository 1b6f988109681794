package dev.lockstep.server.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.math.BigInteger;
import java.util.AbstractList;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A document's bytes as the nodes that the library reads. Nodes are made when they are asked for
/// and not kept: a tree of a large document would take many times its size. Read-only.
final class DocumentNodes {
  private static final Set<String> SYSTEM_ATTRIBUTES =
      Set.of("_key", "_id", "_rev", "_from", "_to");

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final JudgementLimit limit;

  private DocumentNodes(JudgementLimit limit) {
    this.limit = limit;
  }

  /// The document without its system attributes.
  static JsonNode withoutSystemAttributes(VPackSlice document, JudgementLimit limit) {
    return new ObjectNode(NODES, new DocumentNodes(limit).new Members(document, SYSTEM_ATTRIBUTES));
  }

  private JsonNode node(VPackSlice value) {
    limit.step();
    return switch (value.type()) {
      case OBJECT -> new ObjectNode(NODES, new Members(value, Set.of()));
      case ARRAY -> new ArrayNode(NODES, new Elements(value));
      case STRING -> NODES.textNode(value.asString());
      case INTEGER -> integer(value);
      case DOUBLE -> NODES.numberNode(value.asDouble());
      case BOOLEAN -> NODES.booleanNode(value.asBoolean());
      case NULL -> NODES.nullNode();
      default -> NODES.textNode(textOf(value));
    };
  }

  /// As when read from JSON: the library compares nodes, and an `int` does not equal a `long`.
  private static JsonNode integer(VPackSlice value) {
    BigInteger number = value.asBigInteger();
    int bits = number.bitLength();
    return bits < Integer.SIZE
        ? NODES.numberNode(number.intValue())
        : bits < Long.SIZE ? NODES.numberNode(number.longValue()) : NODES.numberNode(number);
  }

  /// What JSON cannot say is the text that readers of the document get.
  private static String textOf(VPackSlice value) {
    String json = value.toJson();
    return json.substring(1, json.length() - 1);
  }

  private final class Elements extends AbstractList<JsonNode> {
    private final VPackSlice array;

    Elements(VPackSlice array) {
      this.array = array;
    }

    @Override
    public JsonNode get(int index) {
      return node(array.at(index));
    }

    @Override
    public int size() {
      return array.length();
    }

    /// An element of a compact array is found by walking there.
    @Override
    public Iterator<JsonNode> iterator() {
      Iterator<VPackSlice> elements = array.elements().iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return elements.hasNext();
        }

        @Override
        public JsonNode next() {
          return node(elements.next());
        }
      };
    }
  }

  private final class Members extends AbstractMap<String, JsonNode> {
    private final VPackSlice object;
    private final Set<String> hidden;
    private final int size;

    Members(VPackSlice object, Set<String> hidden) {
      this.object = object;
      this.hidden = hidden;
      int shown = object.length();
      for (String name : hidden) {
        if (object.get(name) != null) {
          shown--;
        }
      }
      this.size = shown;
    }

    @Override
    public int size() {
      return size;
    }

    private @Nullable VPackSlice value(Object name) {
      return name instanceof String text && !hidden.contains(text) ? object.get(text) : null;
    }

    @Override
    public @Nullable JsonNode get(Object name) {
      VPackSlice value = value(name);
      return value == null ? null : node(value);
    }

    @Override
    public boolean containsKey(Object name) {
      return value(name) != null;
    }

    @Override
    public Set<Map.Entry<String, JsonNode>> entrySet() {
      return new AbstractSet<>() {
        @Override
        public Iterator<Map.Entry<String, JsonNode>> iterator() {
          return new Entries();
        }

        @Override
        public int size() {
          return size;
        }
      };
    }

    private final class Entries implements Iterator<Map.Entry<String, JsonNode>> {
      private final Iterator<VPackMember> members = object.members().iterator();
      private int left = size;

      @Override
      public boolean hasNext() {
        return left > 0;
      }

      @Override
      public Map.Entry<String, JsonNode> next() {
        VPackMember member = members.next();
        while (hidden.contains(member.name())) {
          member = members.next();
        }
        left--;
        return new AbstractMap.SimpleImmutableEntry<>(member.name(), node(member.value()));
      }
    }
  }
}
