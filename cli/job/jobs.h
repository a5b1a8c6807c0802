// `mlp-client jobs`: the coordinator's jobs, newest first.
#pragma once

#include "cli/client/session.h"

namespace mlp::cli {

struct JobsCommand {
  int limit = 20;
};

int Run(const Session& session, const JobsCommand& command);

}  // namespace mlp::cli
