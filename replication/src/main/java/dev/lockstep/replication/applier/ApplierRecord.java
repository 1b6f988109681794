package dev.lockstep.replication.applier;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.SyncOptions;
import java.util.Map;
import java.util.TreeMap;

/// What an applier must know after a restart. Stored in the catalog, password included, as the
/// leader wants it in clear; the folder of the data belongs to the server's account alone.
///
/// @param options its configuration
/// @param leaderId server id of the leader that the ticks belong to, unsigned; 0 before the first
///   contact
/// @param applied the last change that was carried out
/// @param processed up to where the log was looked through
/// @param safeResume from where to go on: before the first transaction that is not complete
/// @param decided whether a collection, by globally unique id, is followed, where its present name
///   would say otherwise: it was renamed while it was followed, or while it was not
record ApplierRecord(
    SyncOptions options,
    long leaderId,
    Tick applied,
    Tick processed,
    Tick safeResume,
    Map<String, Boolean> decided) {
  ApplierRecord {
    decided = Map.copyOf(decided);
  }

  /// Before anything was followed.
  static ApplierRecord configured(SyncOptions options) {
    return new ApplierRecord(options, 0, Tick.NONE, Tick.NONE, Tick.NONE, Map.of());
  }

  ApplierRecord withOptions(SyncOptions newOptions) {
    return new ApplierRecord(newOptions, leaderId, applied, processed, safeResume, decided);
  }

  /// Going on from a state of the leader that is here as a whole.
  ApplierRecord startingAt(long leader, Tick tick) {
    return new ApplierRecord(options, leader, tick, tick, tick, decided);
  }

  ApplierRecord at(Tick newApplied, Tick newProcessed, Tick newSafeResume) {
    return new ApplierRecord(options, leaderId, newApplied, newProcessed, newSafeResume, decided);
  }

  ApplierRecord withDecided(Map<String, Boolean> newDecided) {
    return new ApplierRecord(options, leaderId, applied, processed, safeResume, newDecided);
  }

  byte[] encode() {
    VPackBuilder target = new VPackBuilder().openObject();
    target.key("configuration").openObject();
    options.renderWithSecrets(target);
    target.close();
    target.member("leaderId", Long.toUnsignedString(leaderId));
    target.member("lastAppliedContinuousTick", applied.toString());
    target.member("lastProcessedContinuousTick", processed.toString());
    target.member("safeResumeTick", safeResume.toString());
    target.key("decided").openObject();
    new TreeMap<>(decided).forEach(target::member);
    target.close();
    return target.close().toByteArray();
  }

  static ApplierRecord decode(byte[] stored) {
    VPackSlice object = VPackSlice.of(stored);
    Map<String, Boolean> decided = new TreeMap<>();
    for (VPackMember member : member(object, "decided").members()) {
      decided.put(member.name(), member.value().asBoolean());
    }
    return new ApplierRecord(
        SyncOptions.parse(member(object, "configuration"), SyncOptions.UnknownOptions.WARN)
            .options(),
        number(object, "leaderId"),
        new Tick(number(object, "lastAppliedContinuousTick")),
        new Tick(number(object, "lastProcessedContinuousTick")),
        new Tick(number(object, "safeResumeTick")),
        decided);
  }

  private static long number(VPackSlice object, String name) {
    return Long.parseUnsignedLong(member(object, name).asString());
  }

  private static VPackSlice member(VPackSlice object, String name) {
    VPackSlice value = object.get(name);
    if (value == null) {
      throw new StorageException("the stored record of an applier has no '" + name + "'");
    }
    return value;
  }
}
