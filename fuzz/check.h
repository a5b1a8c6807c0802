// Checks what must hold in a fuzzer, whatever the input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace mlp::fuzz {

// Ends the run as a crash, with `what` in words, unless `holds`.
inline void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace mlp::fuzz
