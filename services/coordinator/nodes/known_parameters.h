// The digests of the parameters that a node was sent last, which it keeps. It may have dropped some
// meanwhile. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>

namespace mlp::coordinator {

class KnownParameters {
 public:
  // The largest number that is remembered; a node keeps twice as many sets, if they are small.
  static constexpr std::size_t kMost = 8;

  bool Has(const std::string& sha256) const {
    return std::find(digests_.begin(), digests_.end(), sha256) != digests_.end();
  }
  // Remembers it as the last one. What was added longest ago goes for it.
  void Add(const std::string& sha256) {
    Remove(sha256);
    if (digests_.size() == kMost) digests_.pop_front();
    digests_.push_back(sha256);
  }
  void Remove(const std::string& sha256) { std::erase(digests_, sha256); }

 private:
  std::deque<std::string> digests_;  // oldest first
};

}  // namespace mlp::coordinator
