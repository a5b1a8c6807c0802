// Termination signals, taken by one thread instead of interrupting any.
#pragma once

#include <chrono>
#include <optional>

namespace mlp::program {

// Blocks SIGINT and SIGTERM for the calling thread and those that it starts, and ignores SIGPIPE.
// First thing in main, before any thread and the first gRPC object.
void BlockTerminationSignals();
// Waits for SIGINT or SIGTERM and returns its number.
int WaitForTerminationSignal();
// The same, waiting for it no longer than `time`; nothing where none came.
std::optional<int> TerminationSignalWithin(std::chrono::milliseconds time);

}  // namespace mlp::program
