// Draws that are a function of a key, so that every node that trains a shard draws the same.
#pragma once

#include <cstdint>

namespace mlp {

// SplitMix64 (Steele, Lea, Flood 2014): equally distributed 64-bit words, one after the other.
class Draws {
 public:
  explicit Draws(std::uint64_t key) : state_(key) {}

  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t word = state_;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
    return word ^ (word >> 31);
  }
  // 0 .. bound - 1, for bounds far below 2^32: their bias is less than bound / 2^32.
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((Next() >> 32) * bound) >> 32);
  }

 private:
  std::uint64_t state_;
};

// One key out of several numbers.
template <class... Numbers>
std::uint64_t Mixed(std::uint64_t first, Numbers... others) {
  ((first = Draws(first ^ Draws(static_cast<std::uint64_t>(others)).Next()).Next()), ...);
  return first;
}

}  // namespace mlp
