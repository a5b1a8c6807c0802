// `mlp-client job ID`: what a job was asked for, where it stands and what it took.
#pragma once

#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct JobCommand {
  std::string id;
};

int Run(const Session& session, const JobCommand& command);

}  // namespace mlp::cli
