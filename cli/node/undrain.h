// `mlp-client undrain NODE`: a node that was drained gets work again.
#pragma once

#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct UndrainCommand {
  std::string node;
};

int Run(const Session& session, const UndrainCommand& command);

}  // namespace mlp::cli
