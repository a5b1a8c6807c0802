#include "cli/job/jobs.h"

#include "absl/strings/str_cat.h"
#include "cli/client/errors.h"
#include "cli/client/job_client.h"
#include "cli/show/summary.h"

namespace mlp::cli {
namespace {

// Of the model: the best round's where the job stops early.
std::string ValidationText(const v1::Job& job) {
  if (!job.has_validation()) return "-";
  const v1::Evaluation& measured =
      job.spec().early_stopping() ? job.best_validation() : job.validation();
  const bool regression = job.model().output() == v1::OUTPUT_IDENTITY;
  return regression ? ScoreText(measured) : ShareText(measured.error());
}

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
          ValidationText(job),
          TimeText(job.has_create_time() ? &job.create_time() : nullptr),
          job.detail()};
}

}  // namespace

int Run(const Session& session, const JobsCommand& command) {
  JobClient client(session);
  v1::ListJobsRequest request;
  request.set_page_size(command.limit);
  const auto list = client.ListJobs(request);
  if (!list.ok()) return Fail(session, list.status());
  if (session.json) {
    session.terminal.out << Json(*list) << std::endl;
    return kExitDone;
  }
  AlignedTable table(
      {"JOB", "STATE", "DATASET", "ROUNDS", "VALIDATION ERROR", "SUBMITTED (UTC)", "DETAIL"});
  for (const v1::Job& job : list->jobs()) table.Add(RowOf(job));
  table.Print(session.terminal);
  if (!list->next_page_token().empty()) Log(session, "there are older jobs; see more with --limit");
  return kExitDone;
}

}  // namespace mlp::cli
