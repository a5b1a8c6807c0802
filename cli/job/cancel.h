// `mlp-client cancel ID`: asks a job to stop.
#pragma once

#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct CancelCommand {
  std::string id;
};

int Run(const Session& session, const CancelCommand& command);

}  // namespace mlp::cli
