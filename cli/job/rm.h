// `mlp-client rm ID`: forgets a job that has ended.
#pragma once

#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct RemoveCommand {
  std::string id;
};

int Run(const Session& session, const RemoveCommand& command);

}  // namespace mlp::cli
