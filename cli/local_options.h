// The options of a cluster that runs inside the client.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/job/train.h"

namespace mlp::cli {

// Each needs `nodes`, the option that asks for the cluster. What is given is set in `local`, which
// must outlive `app`.
void AddLocalOptions(CLI::App& app, LocalOptions& local, CLI::Option* nodes);

}  // namespace mlp::cli
