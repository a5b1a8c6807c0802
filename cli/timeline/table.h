// A timeline as lines of text: a row for each attempt.
#pragma once

#include "cli/client/output.h"
#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

// Prints the attempts in the order of their offers, then what they add up to.
void PrintTable(const Terminal& terminal, const Timeline& timeline);

}  // namespace mlp::cli::timeline
