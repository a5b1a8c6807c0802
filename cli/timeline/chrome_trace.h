// A timeline in the Trace Event format, which https://ui.perfetto.dev and chrome://tracing open.
#pragma once

#include <string>

#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

// {"traceEvents": [...]}: a process per node, a thread per row of its lane. In each thread the
// phases, idle time among them, are complete events that follow each other without gap or overlap
// from the timeline's begin (0) to its end. One more process has the rounds, and the validation
// error as a counter.
std::string ChromeTrace(const Timeline& timeline);

}  // namespace mlp::cli::timeline
