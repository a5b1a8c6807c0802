// The waits of an attempt that never started. Its node did not report them, but the other attempts
// on that node show them. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/timeline/attempt.h"

namespace mlp::cli::timeline {

// The waits of each of `attempts`, in their order; those that started only get `holds_up_first`.
// Tasks on `nodes_without_load` are queued and never held up.
//
// A node computes one task at a time, first come, first served. If it holds up first, whoever
// joined the line before an attempt that started has started before it. So one that never started
// was still held up when the last of those joined, and to its end if nothing computed then. If a
// node queues first, it holds up a task when all that it accepted earlier are gone.
std::vector<BeforeStart> WaitsBeforeStart(const std::vector<Attempt>& attempts,
                                          const std::set<std::string>& nodes_without_load,
                                          bool holds_up_first);

}  // namespace mlp::cli::timeline
