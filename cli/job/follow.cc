#include "cli/job/follow.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cli/client/errors.h"
#include "cli/client/event_stream.h"
#include "cli/client/job_client.h"
#include "cli/client/output.h"
#include "cli/client/screen.h"
#include "cli/show/progress.h"
#include "cli/show/summary.h"

namespace mlp::cli {
namespace {

absl::Status ShowEvents(const Session& session, JobClient& client, const v1::Job& job,
                        std::int64_t from, Progress& progress) {
  Screen screen(session.terminal);
  const auto show = [&](const v1::JobEvent& event) {
    const auto line = progress.Apply(event);
    if (session.json) {
      session.terminal.out << Json(event) << std::endl;
      return;
    }
    if (line) screen.Keep(*line);
    screen.Redraw(progress.Status());
  };
  const auto lost = [&](const absl::Status& error) {
    screen.Redraw("");
    Log(session, absl::StrCat("lost the coordinator at ", session.coordinator, " (",
                              error.message(), "); trying again"));
  };
  const auto same = [&] { return CheckSame(job, client.GetJob(job.id())); };
  return WatchEvents(client, job.id(), from, {.event = show, .lost = lost, .same = same});
}

std::string SummaryOf(const v1::Job& job, const Progress& progress, const FollowOptions& options) {
  Followed followed;
  followed.nodes_that_trained = progress.nodes_that_trained();
  followed.last_round = progress.last_round();
  if (options.submitted) {
    followed.since_submission = std::chrono::steady_clock::now() - *options.submitted;
  }
  return Summary(job, followed);
}

}  // namespace

absl::Status CheckSame(const v1::Job& job, const absl::StatusOr<v1::GetJobResponse>& now) {
  if (!now.ok() && !absl::IsNotFound(now.status())) return now.status();
  const auto created = [](const v1::Job& of) { return of.create_time().SerializeAsString(); };
  if (now.ok() && created(now->job()) == created(job)) return absl::OkStatus();
  const std::string other = now.ok() ? absl::StrCat("; its ", job.id(), " is another one now") : "";
  return absl::NotFoundError(absl::StrCat("the coordinator was restarted and has lost this job",
                                          other, "; submit the job again"));
}

int Follow(const Session& session, JobClient& client, const v1::Job& job,
           const FollowOptions& options) {
  Progress progress(job, session.terminal.tty);
  const absl::Status followed = ShowEvents(session, client, job, options.from, progress);
  if (!followed.ok()) return Fail(session, followed);

  // The coordinator may be lost right after the last event.
  const auto ended = client.GetJob(job.id(), RetryPolicy());
  if (const absl::Status same = CheckSame(job, ended); !same.ok()) return Fail(session, same);
  if (session.json) {
    session.terminal.out << Json(*ended) << std::endl;
  } else {
    session.terminal.out << SummaryOf(ended->job(), progress, options) << std::flush;
  }
  return ended->job().state() == v1::JOB_STATE_SUCCEEDED ? kExitDone : kExitFailed;
}

void SayDetached(const Session& session, const v1::Job& job) {
  const std::string client = absl::StrCat("mlp-client --coordinator ", session.coordinator);
  Log(session, absl::StrCat("detached; ", job.id(), " goes on. Watch it: ", client, " watch ",
                            job.id(), "   Cancel it: ", client, " cancel ", job.id()));
}

}  // namespace mlp::cli
