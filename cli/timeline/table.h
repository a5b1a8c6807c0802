// A timeline as lines of text: a row an attempt.
#pragma once

#include "cli/client/output.h"
#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

// The attempts in the order of their offers, then what they add up to.
void PrintTable(const Terminal& terminal, const Timeline& timeline);

}  // namespace mlp::cli::timeline
