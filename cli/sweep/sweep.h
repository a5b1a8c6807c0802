// `mlp-client sweep FILE`: trains with many settings, each a job, and ranks them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct SweepCommand {
  std::filesystem::path file;
  std::string name;                // part of the jobs' request ids
  std::filesystem::path out;       // empty: a directory for the file and the name below sweeps-out/
  std::optional<int> local_nodes;  // none: the coordinator of the session
};

// An interrupt leaves the jobs on the coordinator, and the ended ones are reported. The same
// command goes on from there.
int Run(const Session& session, const SweepCommand& command);

}  // namespace mlp::cli
