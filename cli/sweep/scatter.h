// A picture of points over one setting: SVG that takes its colours from the page's style. Pure.
#pragma once

#include <string>
#include <vector>

namespace mlp::cli::sweep {

struct Point {
  std::string at;  // text of the setting
  double score = 0;
  std::string tip;  // shown when one points at it
  bool best = false;
};

// Scores go upwards. Across goes a scale if every `at` is a number, logarithmic if all are positive
// and span more than a factor of 10. Otherwise each text gets a column, sorted by the number at its
// begin. Scores below 0 lie on the lower edge if there are others above.
std::string Scatter(const std::string& setting, const std::string& score_name,
                    const std::vector<Point>& points);

}  // namespace mlp::cli::sweep
