#include "libmlp/train/confusion.h"

#include <cmath>

namespace mlp {
namespace {

double Share(std::int64_t part, std::int64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

}  // namespace

Confusion::Confusion(std::span<const std::int64_t> counts)
    : classes_(static_cast<std::size_t>(std::lround(std::sqrt(counts.size())))),
      counts_(counts.begin(), counts.end()) {}

double ClassScores::precision() const { return Share(right, predicted); }
double ClassScores::recall() const { return Share(right, rows); }
// 2 P R / (P + R)
double ClassScores::f1() const { return Share(2 * right, rows + predicted); }

std::vector<ClassScores> ScoresOf(const Confusion& confusion) {
  std::vector<ClassScores> scores(confusion.classes());
  for (std::size_t label = 0; label < scores.size(); ++label) {
    for (std::size_t predicted = 0; predicted < scores.size(); ++predicted) {
      const std::int64_t count = confusion.count(label, predicted);
      scores[label].rows += count;
      scores[predicted].predicted += count;
      if (label == predicted) scores[label].right = count;
    }
  }
  return scores;
}

}  // namespace mlp
