// The commands on jobs that were submitted: list, show, follow, cancel, forget and explain them.
#pragma once

#include <cstdint>
#include <string>

#include "cli/client/session.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

// `mlp-client jobs`: lists the coordinator's jobs, newest first.
struct JobsCommand {
  int limit = 20;
};

// `mlp-client job ID`: shows a job's settings, its state and what it took.
struct JobCommand {
  std::string id;
};

// `mlp-client watch ID`: follows a job that somebody submitted.
struct WatchCommand {
  std::string id;
  std::int64_t from = 1;  // number of the first event
};

// `mlp-client cancel ID`: asks a job to stop.
struct CancelCommand {
  std::string id;
};

// `mlp-client rm ID`: forgets a job that has ended.
struct RemoveCommand {
  std::string id;
};

// `mlp-client explain ID`: says what a job waits for now, and what comes next.
struct ExplainCommand {
  std::string id;
};

int Run(const Session& session, const JobsCommand& command);
int Run(const Session& session, const JobCommand& command);
int Run(const Session& session, const WatchCommand& command);
int Run(const Session& session, const CancelCommand& command);
int Run(const Session& session, const RemoveCommand& command);
int Run(const Session& session, const ExplainCommand& command);

// The error of the job's model on the validation rows, in regression R^2; "-" if there is none.
std::string ModelValidationText(const v1::Job& job);

// The answer to `explain` in one or two lines.
std::string ExplanationText(const v1::ExplainJobResponse& said);

}  // namespace mlp::cli
