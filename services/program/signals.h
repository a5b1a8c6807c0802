// Termination signals, which one thread takes instead of any being interrupted.
#pragma once

#include <chrono>
#include <optional>

namespace mlp::program {

// The termination signals are SIGINT, SIGTERM and SIGHUP, which comes when the terminal is closed.
// A SIGHUP that is ignored, as nohup has it, stays ignored.

// Blocks the termination signals for the calling thread and those that it starts, and ignores
// SIGPIPE and SIGXFSZ (a peer that is gone and a file that may not grow are errors of a call),
// SIGUSR1 and SIGUSR2. Call it first in main, before any thread and the first gRPC object.
void BlockTerminationSignals();
// Waits for a termination signal and returns its number.
int WaitForTerminationSignal();
// The same, but waits no longer than `time`; returns nothing if none came.
std::optional<int> TerminationSignalWithin(std::chrono::milliseconds time);

}  // namespace mlp::program
