// An object during whose life this thread's results that are too small for full precision become 0,
// and so do such operands. They cost a hundred times as much as others, and training that has
// nearly converged is full of them. The mode is the processor's and the same for every instruction
// set, so the bits stay the same on all of them.
#pragma once

#include <xmmintrin.h>

namespace mlp {

class FlushDenormals {
 public:
  explicit FlushDenormals(bool flush = true) : before_(_mm_getcsr()) {
    constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
    if (flush) _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero);
  }
  ~FlushDenormals() { _mm_setcsr(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned before_;
};

}  // namespace mlp
