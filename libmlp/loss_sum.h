// The sum of the losses of rows, in an order that does not depend on the width of vectors: row i's
// goes to sum i mod 8, whatever blocks rows come in, and the sums are added up at the end.
#pragma once

#include <array>
#include <cstddef>

namespace mlp {

class LossSum {
 public:
  // The next rows' logarithms of likelihoods. The rows before must be a multiple of 8.
  template <class T>
  void Subtract(const T* log_likelihoods, std::size_t rows) {
    constexpr std::size_t kSums = 8;
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
  std::array<double, 8> sums_{};
};

}  // namespace mlp
