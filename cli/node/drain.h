// `mlp-client drain NODE`: a node finishes what it has and gets nothing new.
#pragma once

#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct DrainCommand {
  std::string node;
};

int Run(const Session& session, const DrainCommand& command);

}  // namespace mlp::cli
