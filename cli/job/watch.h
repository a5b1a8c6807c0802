// `mlp-client watch ID`: follows a job that somebody submitted.
#pragma once

#include <cstdint>
#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct WatchCommand {
  std::string id;
  std::int64_t from = 1;  // number of the first event
};

int Run(const Session& session, const WatchCommand& command);

}  // namespace mlp::cli
