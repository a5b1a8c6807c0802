// The options of a cluster that runs inside the client.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/job/train.h"

namespace mlp::cli {

// Adds options that set `local`, which must outlive `app`. Each needs `nodes`, the option that asks
// for the cluster.
void AddLocalOptions(CLI::App& app, LocalOptions& local, CLI::Option* nodes);

}  // namespace mlp::cli
