// Pieces of the timeline's page: escaped text, positions, and the details that show when users
// point at something.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

// `text` as HTML content or as the value of an attribute in double quotes.
std::string Escaped(std::string_view text);
// Microseconds, to the tenth.
std::string X(Time time);

// The details of one thing, as the page's script expects them.
struct Tip {
  std::string title;
  std::vector<std::pair<std::string, std::string>> rows;  // name, text
};
Tip TipOf(const Timeline& timeline, const Attempt& attempt);
Tip TipOf(const Timeline& timeline, const Round& round);
std::string Json(const Tip& tip);

}  // namespace mlp::cli::timeline
