// The confusion of classes: which ones a model takes for which, and the scores of each class. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mlp {

class Confusion {
 public:
  explicit Confusion(std::size_t classes) : classes_(classes), counts_(classes * classes) {}
  // Takes row-major counts, by label and then by predicted class; a square number of them.
  explicit Confusion(std::span<const std::int64_t> counts);

  // Both below classes().
  void Add(std::size_t label, std::size_t predicted) { ++counts_[label * classes_ + predicted]; }

  std::size_t classes() const { return classes_; }
  std::int64_t count(std::size_t label, std::size_t predicted) const {
    return counts_[label * classes_ + predicted];
  }
  std::span<const std::int64_t> counts() const { return counts_; }

 private:
  std::size_t classes_;
  std::vector<std::int64_t> counts_;  // (classes, classes)
};

// Beyond this many a matrix is too large to look at, or to send.
inline constexpr std::size_t kMaxConfusionClasses = 1000;

struct ClassScores {
  std::int64_t rows = 0;       // with this label
  std::int64_t predicted = 0;  // rows that were taken for it
  std::int64_t right = 0;      // ... that are

  double precision() const;  // right / predicted; 0 if none was
  double recall() const;     // right / rows; 0 if there are none
  double f1() const;         // the harmonic mean of both; 0 if both are
};

std::vector<ClassScores> ScoresOf(const Confusion& confusion);

}  // namespace mlp
