// The loop of fma_peak.h, as a template over the vectors of simd.h. Only for the files
// fma_peak_*.cc, each of which is compiled for its own instruction set: see kernels_of.h.
#pragma once

#include <cstddef>

#include "libmlp/kernels/simd.h"

namespace mlp::bench {

template <class Isa, class T>
struct MultiplyAdds {
  using V = typename Isa::template Vector<T>;
  // Number of chains: enough for a latency of 5 cycles at two a cycle, and no more than the
  // registers.
  static constexpr std::size_t kChains = 12;

  static double Run(std::size_t steps) {
    V sums[kChains];
    for (std::size_t i = 0; i < kChains; ++i) sums[i] = Isa::All(T(i));
    const V factor = Isa::All(T(0.5)), addend = Isa::All(T(1));
    for (std::size_t step = 0; step < steps; ++step) {
      for (std::size_t i = 0; i < kChains; ++i) sums[i] = Isa::Fma(sums[i], factor, addend);
    }
    T results[kChains * V::size];  // the compiler must assume that they are read
    for (std::size_t i = 0; i < kChains; ++i) Isa::Store(results + i * V::size, sums[i]);
    asm volatile("" : : "m"(results));
    return 2.0 * kChains * V::size * static_cast<double>(steps);
  }
};

}  // namespace mlp::bench
