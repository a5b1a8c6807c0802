// The parameters that came last, by their digest: a round's parameters come once, however many of
// its shards are trained here.
//
// It keeps the last ones up to a number and a size, and the very last one whatever its size. Loop
// thread only.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "libmlp/model/shared_parameters.h"

namespace mlp::node {

class ParameterCache {
 public:
  ParameterCache(std::size_t most, std::size_t most_bytes) : most_(most), most_bytes_(most_bytes) {}

  // Keeps the parameters as the last that came, also if they are there already.
  void Keep(std::string sha256, SharedParameters parameters);
  // Returns the parameters; null if they are not there.
  SharedParameters Find(std::string_view sha256) const;

 private:
  struct Entry {
    std::string sha256;
    SharedParameters parameters;
  };

  const std::size_t most_;
  const std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::deque<Entry> entries_;  // the first to come first
};

}  // namespace mlp::node
