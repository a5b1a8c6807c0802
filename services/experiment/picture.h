// The pictures of a report: SVG that takes its colours from the page's style. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "services/experiment/summary.h"

namespace mlp::experiment {

// Draws one load: a bar for each policy with its confidence interval, the known and published
// seconds as marks, the lower bounds as lines.
std::string MakespanPicture(const Summary& summary, std::size_t load);
// Draws for one load how much of the nodes' time was computing, held up and idle.
std::string SharesPicture(const Summary& summary, std::size_t load);

}  // namespace mlp::experiment
