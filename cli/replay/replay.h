// `mlp-client replay JOB-LOG`: replays a recorded job and compares every decision; with --policy,
// simulates it under another one. Needs no coordinator.
#pragma once

#include <optional>
#include <string>

#include "cli/client/session.h"
#include "services/simulation/recorded_job.h"

namespace mlp::cli {

struct ReplayCommand {
  std::string log;                                 // file
  std::optional<simulation::WhatIfOptions> other;  // what it would have been under another policy
};

// The exit code is 1 if a decision differs or the log cannot be read.
int Run(const Session& session, const ReplayCommand& command);

}  // namespace mlp::cli
