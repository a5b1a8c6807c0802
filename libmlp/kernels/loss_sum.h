// The sum of the losses of rows, in an order that does not depend on the width of vectors: row i's
// goes to sum i mod 8, and the sums are added up at the end. Rows come in blocks of multiples of 8,
// but for the last one.
#pragma once

#include <array>
#include <cstddef>

namespace mlp {

class LossSum {
 public:
  // The next rows' logarithms of likelihoods.
  template <class T>
  void Subtract(const T* log_likelihoods, std::size_t rows) {
    const std::size_t whole = rows / kSums * kSums;
    for (std::size_t i = 0; i < whole; i += kSums) {
      for (std::size_t k = 0; k < kSums; ++k) {
        sums_[k] -= static_cast<double>(log_likelihoods[i + k]);
      }
    }
    for (std::size_t i = whole; i < rows; ++i) {
      sums_[i - whole] -= static_cast<double>(log_likelihoods[i]);
    }
  }

  double Total() const {
    double total = 0;
    for (const double sum : sums_) total += sum;
    return total;
  }

 private:
  static constexpr std::size_t kSums = 8;
  std::array<double, kSums> sums_{};
};

}  // namespace mlp
