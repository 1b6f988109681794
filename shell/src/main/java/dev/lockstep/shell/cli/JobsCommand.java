package dev.lockstep.shell.cli;

import dev.lockstep.client.PercentEncoding;
import dev.lockstep.core.document.VPackSlice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `lockstep jobs`: what the synchronizations of a follower are doing or have done, and an end to
/// one of them.
@Command(
    name = "jobs",
    customSynopsis = {"lockstep jobs [options] [ID]", "lockstep jobs [options] --cancel ID"},
    description = {
      "Shows the synchronizations of a follower: those at work first, then the last ones that are"
          + " over. With ID only that one, with its warnings and its last error.",
      "",
      "--server.* name the follower."
    },
    exitCodeList = {
      "0:shown, or canceled: the job ends at its next step and the follower's old data stay",
      "1:the job to be canceled is over already",
      "2:not done: wrong arguments, no connection, no such job"
    })
public final class JobsCommand extends CliCommand {
  private static final String JOBS = "/_api/replication/jobs";

  @Parameters(
      arity = "0..1",
      paramLabel = "ID",
      description = "Only this job, as the start of the synchronization told its id.")
  private @Nullable String id;

  @Option(names = "--cancel", paramLabel = "ID", description = "End this job.")
  private @Nullable String canceled;

  @Option(names = "--json", description = "Print what the server tells, as JSON.")
  private boolean isJson;

  @Mixin private ServerOptions server = new ServerOptions();

  @Override
  int run() throws CommandFailure, IOException, InterruptedException {
    if (id != null && canceled != null) {
      throw usage("give either a job to show or one to cancel");
    }
    try (ServerApi follower = ServerApi.connect(server)) {
      if (canceled != null) {
        return cancel(follower, canceled);
      }
      VPackSlice told = follower.get(id == null ? JOBS : path(id));
      if (isJson) {
        out().println(told.toJson());
      } else {
        JobTable.lines(id == null ? elements(told) : List.of(told), id != null)
            .forEach(out()::println);
      }
      out().flush();
      return ExitStatus.OK;
    }
  }

  private int cancel(ServerApi follower, String job)
      throws CommandFailure, IOException, InterruptedException {
    VPackSlice told = ServerApi.body(follower.send(follower.request("DELETE", path(job))));
    if (isJson) {
      out().println(told.toJson());
      out().flush();
    }
    if (JobTable.isOver(told)) {
      throw CommandFailure.failed("job " + job + " is over already: " + JobTable.outcome(told));
    }
    if (!isJson) {
      out().println("job " + job + " ends at its next step; the old data stay");
      out().flush();
    }
    return ExitStatus.OK;
  }

  private static String path(String job) {
    return JOBS + "/" + PercentEncoding.encode(job);
  }

  private static List<VPackSlice> elements(VPackSlice told) throws CommandFailure {
    if (!told.isArray()) {
      throw CommandFailure.failed("the follower's answer is no list of jobs: " + told.toJson());
    }
    List<VPackSlice> jobs = new ArrayList<>();
    told.elements().forEach(jobs::add);
    return jobs;
  }
}
