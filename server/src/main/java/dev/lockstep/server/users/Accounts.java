package dev.lockstep.server.users;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.server.settings.AuthenticationSettings.PasswordHash;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The users of the server. Stored as documents of `_system/_users`, so that they replicate like
/// everything else; read from there into memory whenever the collection has changed, whoever
/// changed it. Thread-safe; writers wait for each other.
public final class Accounts {
  private static final Logger LOG = LoggerFactory.getLogger(Accounts.class);
  private static final String COLLECTION = "_users";

  /// Written durably: whoever was told that a password changed may rely on it.
  private static final WriteOptions DURABLE =
      WriteOptions.DEFAULT.withDurability(Durability.POWER_LOSS);

  /// All accounts in one state of the collection.
  private record Table(
      long collectionId, long generation, Revision revision, Map<String, Account> accounts) {}

  private final DocumentStore store;
  private final PasswordHash passwordHash;
  private final Object writeLock = new Object();
  private volatile Table table = new Table(0, 0, Revision.NONE, Map.of());

  /// @param passwordHash for passwords set from now on
  public Accounts(DocumentStore store, PasswordHash passwordHash) {
    this.store = store;
    this.passwordHash = passwordHash;
  }

  private @Nullable DocumentCollection collection() {
    Database system = store.database(DocumentStore.SYSTEM);
    return system == null ? null : system.collection(COLLECTION);
  }

  private DocumentCollection requireCollection() {
    return store.requireDatabase(DocumentStore.SYSTEM).requireCollection(COLLECTION);
  }

  private Map<String, Account> current() {
    DocumentCollection collection = collection();
    if (collection == null) {
      return Map.of();
    }
    Table seen = table;
    return isCurrent(seen, collection) ? seen.accounts() : reload(collection).accounts();
  }

  private static boolean isCurrent(Table table, DocumentCollection collection) {
    return table.collectionId() == collection.id()
        && table.generation() == collection.definition().generation()
        && table.revision().equals(collection.revision());
  }

  private synchronized Table reload(DocumentCollection collection) {
    if (isCurrent(table, collection)) {
      return table;
    }
    // The mark is read before the documents: a change in between makes the next call read again.
    long generation = collection.definition().generation();
    Revision revision = collection.revision();
    Map<String, Account> accounts = new TreeMap<>();
    try (DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
      while (cursor.next()) {
        Document document = cursor.document();
        Account account = Account.parse(document.key(), document.slice());
        if (account == null) {
          LOG.warn("document {} of _users describes no local user and is ignored", document.key());
        } else {
          accounts.put(account.name(), account);
        }
      }
    }
    table = new Table(collection.id(), generation, revision, Map.copyOf(accounts));
    return table;
  }

  /// Null if there is none.
  public @Nullable Account find(String name) {
    return current().get(name);
  }

  /// @throws LockstepException 404/1703
  public Account require(String name) {
    Account account = find(name);
    if (account == null) {
      throw new LockstepException(ErrorNumber.USER_NOT_FOUND);
    }
    return account;
  }

  /// Sorted by name.
  public List<Account> all() {
    return List.copyOf(new TreeMap<>(current()).values());
  }

  public boolean isEmpty() {
    return current().isEmpty();
  }

  /// Creates the user every server starts with, who may do everything.
  public void createRoot(String password) {
    create("root", password, true, null, Permissions.ALL);
  }

  /// @param extra an object, or null
  /// @throws LockstepException 400/1700, 409/1702
  public Account create(String name, String password, boolean active, @Nullable VPackSlice extra) {
    return create(name, password, active, extra, Permissions.EMPTY);
  }

  private Account create(
      String name,
      String password,
      boolean active,
      @Nullable VPackSlice extra,
      Permissions permissions) {
    if (name.isEmpty() || name.startsWith(":role:")) {
      throw new LockstepException(ErrorNumber.USER_INVALID_NAME);
    }
    StoredPassword stored = StoredPassword.of(password, passwordHash);
    synchronized (writeLock) {
      if (find(name) != null) {
        throw new LockstepException(ErrorNumber.USER_DUPLICATE);
      }
      VPackBuilder builder = new VPackBuilder();
      builder.openObject().member("user", name).member("source", "LOCAL");
      builder.key("authData");
      writeAuthData(builder, active, stored);
      builder.key("databases");
      permissions.write(builder);
      if (extra != null) {
        builder.member("userData", extra);
      }
      builder.close();
      write(DocumentWrite.Insert.of(builder.toSlice()));
      return require(name);
    }
  }

  /// @param password null: as before
  /// @param active null: as before
  /// @param extra counts only if `extraGiven`; null: none
  /// @throws LockstepException 404/1703
  public Account change(
      String name,
      @Nullable String password,
      @Nullable Boolean active,
      @Nullable VPackSlice extra,
      boolean extraGiven) {
    StoredPassword stored = password == null ? null : StoredPassword.of(password, passwordHash);
    synchronized (writeLock) {
      Account account = require(name);
      Map<String, Consumer<VPackBuilder>> changes = new TreeMap<>();
      changes.put(
          "authData",
          builder ->
              writeAuthData(
                  builder,
                  active == null ? account.isActive() : active,
                  stored == null ? account.password() : stored));
      if (extraGiven && extra != null) {
        changes.put("userData", builder -> builder.slice(extra));
      }
      rewrite(account, changes, extraGiven && extra == null ? Set.of("userData") : Set.of());
      return require(name);
    }
  }

  /// @throws LockstepException 404/1703, 403/11 for `root`
  public void remove(String name) {
    synchronized (writeLock) {
      Account account = require(name);
      if (name.equals("root")) {
        throw new LockstepException(ErrorNumber.FORBIDDEN, "the user 'root' cannot be removed");
      }
      write(new DocumentWrite.Remove(account.key(), null));
    }
  }

  /// @param level null takes the grant back
  /// @throws LockstepException 404/1703
  public void grantDatabase(String name, String database, @Nullable AccessLevel level) {
    changePermissions(name, permissions -> permissions.withDatabase(database, level));
  }

  /// @param collection a name or `*`
  /// @param level null takes the grant back
  /// @throws LockstepException 404/1703
  public void grantCollection(
      String name, String database, String collection, @Nullable AccessLevel level) {
    changePermissions(name, permissions -> permissions.withCollection(database, collection, level));
  }

  /// Who creates a database may do everything with it. Without effect for superusers and where the
  /// user may already.
  public void grantNewDatabase(String name, String database) {
    Account account = find(name);
    if (account == null) {
      return;
    }
    Permissions before = account.permissions();
    if (before.databaseLevel(database) == AccessLevel.RW
        && before.collectionLevel(database, Permissions.WILDCARD) == AccessLevel.RW) {
      return;
    }
    changePermissions(
        name,
        permissions ->
            permissions
                .withDatabase(database, AccessLevel.RW)
                .withCollection(database, Permissions.WILDCARD, AccessLevel.RW));
  }

  /// Who creates a collection may write it. Without effect for superusers and where the user may
  /// already.
  public void grantNewCollection(String name, String database, String collection) {
    Account account = find(name);
    if (account != null
        && account.permissions().collectionLevel(database, collection) != AccessLevel.RW) {
      grantCollection(name, database, collection, AccessLevel.RW);
    }
  }

  private void changePermissions(String name, UnaryOperator<Permissions> change) {
    synchronized (writeLock) {
      Account account = require(name);
      Permissions changed = change.apply(account.permissions());
      rewrite(account, Map.of("databases", changed::write), Set.of());
    }
  }

  /// Stores the account's document with some members replaced and others left out; whatever else it
  /// holds stays.
  private void rewrite(
      Account account, Map<String, Consumer<VPackBuilder>> changes, Set<String> dropped) {
    VPackBuilder builder = new VPackBuilder();
    builder.openObject();
    Map<String, Consumer<VPackBuilder>> left = new TreeMap<>(changes);
    for (VPackMember member : account.document().members()) {
      if (dropped.contains(member.name())) {
        continue;
      }
      Consumer<VPackBuilder> change = left.remove(member.name());
      builder.key(member.name());
      if (change == null) {
        builder.slice(member.value());
      } else {
        change.accept(builder);
      }
    }
    left.forEach((memberName, change) -> {
      builder.key(memberName);
      change.accept(builder);
    });
    builder.close();
    write(new DocumentWrite.Replace(account.key(), builder.toSlice(), null));
  }

  private static void writeAuthData(VPackBuilder builder, boolean active, StoredPassword password) {
    builder
        .openObject()
        .member("active", active)
        .key("simple")
        .openObject()
        .member("hash", password.hash())
        .member("salt", password.salt())
        .member("method", password.method())
        .close()
        .close();
  }

  private void write(DocumentWrite operation) {
    if (requireCollection().write(operation, DURABLE) instanceof WriteResult.Refused refused) {
      throw refused.error();
    }
  }
}
