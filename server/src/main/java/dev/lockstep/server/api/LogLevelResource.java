package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.settings.LogSetting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// `/_admin/log/level`: reads and changes the levels of the log's topics while the server runs.
public final class LogLevelResource implements Resource {
  /// The log's levels; outside of this package, because setting them needs the log's
  /// implementation.
  public interface Levels {
    /// Every topic with its level in the wire's words.
    Map<String, String> current();

    void set(LogSetting setting);
  }

  private final Levels levels;

  public LogLevelResource(Levels levels) {
    this.levels = levels;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    request.access().requireAdmin();
    if (request.verb() == HttpVerb.PUT) {
      List<LogSetting> settings = new ArrayList<>();
      for (VPackMember member : request.bodyObject().members()) {
        String level = member.value().isString() ? member.value().asString() : "";
        try {
          settings.add(LogSetting.parse(member.name() + "=" + level));
        } catch (IllegalArgumentException e) {
          throw new LockstepException(
              ErrorNumber.BAD_PARAMETER,
              "invalid value "
                  + RequestObject.shown(member.value())
                  + " for attribute '"
                  + member.name()
                  + "': "
                  + e.getMessage(),
              e);
        }
      }
      settings.forEach(levels::set);
    } else if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    return ApiResponse.object(
        200, builder -> new TreeMap<>(levels.current()).forEach(builder::member));
  }
}
