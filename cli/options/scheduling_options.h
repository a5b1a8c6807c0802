// The options that say how a job's tasks are scheduled.
#pragma once

#include <CLI/CLI.hpp>

#include "mlp/v1/job.pb.h"
#include "services/simulation/recorded_job.h"

namespace mlp::cli {

// Adds --policy, --slots and --hedge of a job. They set `spec`, which must outlive `app`.
void AddSchedulingOptions(CLI::App& app, v1::JobSpec& spec);

// Adds the same options for a job that is simulated under another policy. Returns --policy, which
// the others need.
CLI::Option* AddWhatIfOptions(CLI::App& app, simulation::WhatIfOptions& options);

}  // namespace mlp::cli
