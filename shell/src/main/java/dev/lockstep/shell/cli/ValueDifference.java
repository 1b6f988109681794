package dev.lockstep.shell.cli;

import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// Where two values first differ. Values are equal if a client could not tell them apart: same
/// types (an integer is not a double), same numbers, same attributes in the same order. How they
/// are packed does not matter.
///
/// @param path as in `address.lines[2]`; "" for the whole value
/// @param left as JSON, shortened
/// @param right as JSON, shortened
record ValueDifference(String path, String left, String right) {
  private static final int SHOWN_MAX = 60;

  /// The first difference in reading order, or null if there is none.
  static @Nullable ValueDifference between(VPackSlice left, VPackSlice right) {
    return between("", left, right);
  }

  private static @Nullable ValueDifference between(String path, VPackSlice left, VPackSlice right) {
    if (left.isObject() && right.isObject()) {
      return betweenObjects(path, left, right);
    }
    if (left.isArray() && right.isArray()) {
      return betweenArrays(path, left, right);
    }
    return isSameScalar(left, right) ? null : new ValueDifference(path, shown(left), shown(right));
  }

  private static @Nullable ValueDifference betweenObjects(
      String path, VPackSlice left, VPackSlice right) {
    Iterator<VPackMember> leftMembers = left.members().iterator();
    Iterator<VPackMember> rightMembers = right.members().iterator();
    while (leftMembers.hasNext() && rightMembers.hasNext()) {
      VPackMember leftMember = leftMembers.next();
      VPackMember rightMember = rightMembers.next();
      if (!leftMember.name().equals(rightMember.name())) {
        return new ValueDifference(
            path,
            "attribute '" + leftMember.name() + "' here",
            "attribute '" + rightMember.name() + "' here");
      }
      String name = path.isEmpty() ? leftMember.name() : path + "." + leftMember.name();
      ValueDifference difference = between(name, leftMember.value(), rightMember.value());
      if (difference != null) {
        return difference;
      }
    }
    if (leftMembers.hasNext()) {
      return new ValueDifference(
          path, "attribute '" + leftMembers.next().name() + "'", "no such attribute");
    }
    if (rightMembers.hasNext()) {
      return new ValueDifference(
          path, "no such attribute", "attribute '" + rightMembers.next().name() + "'");
    }
    return null;
  }

  private static @Nullable ValueDifference betweenArrays(
      String path, VPackSlice left, VPackSlice right) {
    if (left.length() != right.length()) {
      return new ValueDifference(path, left.length() + " elements", right.length() + " elements");
    }
    Iterator<VPackSlice> rightElements = right.elements().iterator();
    int index = 0;
    for (VPackSlice leftElement : left.elements()) {
      ValueDifference difference =
          between(path + "[" + index + "]", leftElement, rightElements.next());
      if (difference != null) {
        return difference;
      }
      index++;
    }
    return null;
  }

  private static boolean isSameScalar(VPackSlice left, VPackSlice right) {
    if (left.isDouble() && right.isDouble()) {
      return Double.doubleToRawLongBits(left.asDouble())
          == Double.doubleToRawLongBits(right.asDouble());
    }
    if (left.isInteger() && right.isInteger()) {
      return left.asBigInteger().equals(right.asBigInteger());
    }
    if (left.isString() && right.isString()) {
      return left.asString().equals(right.asString());
    }
    if (left.isBoolean() && right.isBoolean()) {
      return left.asBoolean() == right.asBoolean();
    }
    // Null, or a type that only VelocyPack has.
    return left.type() == right.type()
        && java.util.Arrays.equals(left.toByteArray(), right.toByteArray());
  }

  private static String shown(VPackSlice value) {
    String type = value.isDouble() ? "double " : value.isInteger() ? "integer " : "";
    String text = value.isCustom() ? value.type().toString() : value.toJson();
    return type + (text.length() > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "..." : text);
  }

  @Override
  public String toString() {
    return (path.isEmpty() ? "" : path + ": ") + left + " / " + right;
  }
}
