// A timeline for other programs: a record for each attempt, as CSV or as JSON.
#pragma once

#include <string>

#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

// RFC 4180 with a line of headings. Moments are milliseconds from the timeline's begin, durations
// are milliseconds; a field that has no meaning is empty.
std::string Csv(const Timeline& timeline);
// One JSON object a line, with the same names.
std::string JsonLines(const Timeline& timeline);

}  // namespace mlp::cli::timeline
