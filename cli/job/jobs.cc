#include "cli/job/jobs.h"

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "cli/client/job_client.h"
#include "cli/job/follow.h"
#include "cli/show/summary.h"
#include "services/base/duration_text.h"

namespace mlp::cli {
namespace {

Colour ColourOf(v1::JobState state) {
  switch (state) {
    case v1::JOB_STATE_SUCCEEDED:
      return Colour::kGreen;
    case v1::JOB_STATE_FAILED:
      return Colour::kRed;
    case v1::JOB_STATE_RUNNING:
      return Colour::kYellow;
    default:
      return Colour::kNone;
  }
}

AlignedTable::Row RowOf(const v1::Job& job) {
  return {job.id(),
          {StateName(job.state()), ColourOf(job.state())},
          job.spec().dataset(),
          absl::StrCat(job.rounds_done(), "/", job.spec().rounds()),
          ModelValidationText(job),
          TimeText(job.has_create_time() ? &job.create_time() : nullptr),
          job.detail()};
}

std::string CancelText(const v1::Job& job) {
  if (job.state() == v1::JOB_STATE_RUNNING || job.state() == v1::JOB_STATE_PENDING) {
    return job.id() + " was asked to stop";
  }
  return absl::StrCat(job.id(), " has ended: ", StateName(job.state()));
}

// "in 0.3 s, ", "now, ", or nothing if only an event leads there.
std::string When(const v1::ExplainJobResponse& said) {
  using google::protobuf::util::TimeUtil;
  if (!said.has_next_time()) return "";
  const std::int64_t left = TimeUtil::TimestampToNanoseconds(said.next_time()) -
                            TimeUtil::TimestampToNanoseconds(said.time());
  if (left <= 0) return "now, ";
  return absl::StrCat("in ", RoughDuration(std::chrono::nanoseconds(left)), ", ");
}

}  // namespace

int Run(const Session& session, const JobsCommand& command) {
  v1::ListJobsRequest request;
  request.set_page_size(command.limit);
  const auto print = [&session](const v1::ListJobsResponse& list) {
    AlignedTable table(
        {"JOB", "STATE", "DATASET", "ROUNDS", "VALIDATION ERROR", "SUBMITTED (UTC)", "DETAIL"});
    for (const v1::Job& job : list.jobs()) table.Add(RowOf(job));
    table.Print(session.terminal);
    if (!list.next_page_token().empty())
      Log(session, "there are older jobs; see more with --limit");
  };
  return ShowAnswer(session, JobClient(session).ListJobs(request), print);
}

int Run(const Session& session, const JobCommand& command) {
  return ShowAnswer(session, JobClient(session).GetJob(command.id),
                    [&session](const v1::GetJobResponse& got) {
                      session.terminal.out << Description(got.job());
                    });
}

int Run(const Session& session, const WatchCommand& command) {
  JobClient client(session);
  const auto got = client.GetJob(command.id);
  if (!got.ok()) return Fail(session, got.status());
  const int exit_code =
      Follow(session, client, got->job(), {.from = command.from, .submitted = {}});
  if (exit_code == kExitInterrupted) SayDetached(session, got->job());
  return exit_code;
}

int Run(const Session& session, const CancelCommand& command) {
  return ShowAnswer(session, JobClient(session).CancelJob(command.id),
                    [&session](const v1::CancelJobResponse& asked) {
                      session.terminal.out << CancelText(asked.job()) << std::endl;
                    });
}

int Run(const Session& session, const RemoveCommand& command) {
  return ShowAnswer(
      session, JobClient(session).RemoveJob(command.id), [&](const v1::RemoveJobResponse&) {
        session.terminal.out << command.id << " is forgotten, with its events and its model"
                             << std::endl;
      });
}

int Run(const Session& session, const ExplainCommand& command) {
  return ShowAnswer(session, JobClient(session).ExplainJob(command.id),
                    [&session](const v1::ExplainJobResponse& said) {
                      session.terminal.out << ExplanationText(said) << std::flush;
                    });
}

std::string ModelValidationText(const v1::Job& job) {
  const v1::Evaluation* measured = ModelValidation(job);
  if (measured == nullptr) return "-";
  const bool regression = job.model().output() == v1::OUTPUT_IDENTITY;
  return regression ? ScoreText(*measured) : ShareText(measured->error());
}

std::string ExplanationText(const v1::ExplainJobResponse& said) {
  std::string text = absl::StrCat(said.waiting_for(), "\n");
  if (!said.next().empty()) absl::StrAppend(&text, "next: ", When(said), said.next(), "\n");
  return text;
}

}  // namespace mlp::cli
