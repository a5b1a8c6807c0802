// A timeline as one HTML page that needs nothing else: inline SVG, style and script, no network.
#pragma once

#include <string>

#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

// A page with a lane per node, the rounds above, the validation error and the time below. Users can
// zoom and pan everything, and see its details when they point at it. The page is readable on light
// and on dark ground. SVG coordinates are microseconds across and pixels down. No text is in the
// SVG, because zooming would stretch it.
std::string Html(const Timeline& timeline);

}  // namespace mlp::cli::timeline
