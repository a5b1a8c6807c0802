// What an attempt that never started was waiting for. Its node did not say, but what other attempts
// did on that node tells. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/timeline/attempt.h"

namespace mlp::cli::timeline {

// For each of `attempts`, in their order; those that started only get `holds_up_first`. Tasks on
// `nodes_without_load` are queued and never held up.
//
// A node computes one task at a time, first come, first served. Where it holds up first, whoever
// joined the line before an attempt that started has started before it: one that never started was
// still held up when the last of those joined, and to its end if nothing computed then. Where a
// node queues first, a task is held up from when all that were accepted before it are gone.
std::vector<BeforeStart> WaitsBeforeStart(const std::vector<Attempt>& attempts,
                                          const std::set<std::string>& nodes_without_load,
                                          bool holds_up_first);

}  // namespace mlp::cli::timeline
