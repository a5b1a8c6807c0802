// `mlp-client explain ID`: what a job waits for now, and what comes next.
#pragma once

#include <string>

#include "cli/client/session.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

struct ExplainCommand {
  std::string id;
};

int Run(const Session& session, const ExplainCommand& command);

// The answer in one or two lines.
std::string ExplanationText(const v1::ExplainJobResponse& said);

}  // namespace mlp::cli
