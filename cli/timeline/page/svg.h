// The two pictures of the timeline's page. Across they count microseconds from the timeline's
// begin; down, pixels.
#pragma once

#include <string>
#include <vector>

#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

// Pixels that a lane takes: room for its name and for all its rows.
int HeightOf(const Lane& lane);

// The lanes, one below the other. Attempt i of the timeline has tip i.
std::string LanesSvg(const Timeline& timeline);

inline constexpr int kErrorHeight = 96;
// The validation error over time. Round i of the timeline has tip `first_tip` + i.
std::string ErrorSvg(const Timeline& timeline, std::size_t first_tip);
// The values of the picture's lines, from the top down, and how many pixels down they are.
struct ErrorMark {
  double value = 0;
  double y = 0;
};
std::vector<ErrorMark> ErrorMarks(const Timeline& timeline);

}  // namespace mlp::cli::timeline
