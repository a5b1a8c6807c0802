// The one way in which policies draw at random, the same on every platform and standard library.
#pragma once

#include <cstddef>
#include <random>

namespace mlp::coordinator {

// Draws uniformly from 0 .. count - 1, up to a bias of count / 2^64. count is at least 1.
inline std::size_t DrawBelow(std::size_t count, std::mt19937_64& random) {
  return static_cast<std::size_t>(random() % count);
}

}  // namespace mlp::coordinator
