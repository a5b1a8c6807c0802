// `mlp-client experiment FILE`: runs policies x loads x seeds, in virtual time or in real clusters
// of this process, and reports.
#pragma once

#include <filesystem>

#include "cli/client/session.h"

namespace mlp::cli {

struct ExperimentCommand {
  std::filesystem::path file;
  bool real = false;
  bool simulated = false;     // the user said so; it is the default anyway
  std::filesystem::path out;  // empty: a new directory below experiments-out/
};

// An interrupt ends the runs, and the completed ones are reported.
int Run(const Session& session, const ExperimentCommand& command);

}  // namespace mlp::cli
