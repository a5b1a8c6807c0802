// A timeline as one HTML page that needs nothing else: inline SVG, style and script, no network.
#pragma once

#include <string>

#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

// A lane per node, the rounds above, the validation error and the time below; everything can be
// zoomed and panned, and tells its details when it is pointed at. Readable on light and on dark
// ground. SVG coordinates are microseconds across and pixels down: no text is in the SVG, so that
// zooming stretches none.
std::string Html(const Timeline& timeline);

}  // namespace mlp::cli::timeline
