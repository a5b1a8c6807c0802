// The options that say how a job's tasks are scheduled.
#pragma once

#include <CLI/CLI.hpp>

#include "mlp/v1/job.pb.h"
#include "services/simulation/recorded_job.h"

namespace mlp::cli {

// --policy, --slots and --hedge of a job; what is given is set in `spec`, which must outlive `app`.
void AddSchedulingOptions(CLI::App& app, v1::JobSpec& spec);

// The same of a job that is simulated under another policy, which the others need. The option of
// the policy.
CLI::Option* AddWhatIfOptions(CLI::App& app, simulation::WhatIfOptions& options);

}  // namespace mlp::cli
