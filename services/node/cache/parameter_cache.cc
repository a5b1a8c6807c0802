#include "services/node/cache/parameter_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mlp::node {

void ParameterCache::Keep(std::string sha256, SharedParameters parameters) {
  const auto there = std::ranges::find(entries_, sha256, &Entry::sha256);
  if (there != entries_.end()) {
    std::rotate(there, std::next(there), entries_.end());  // they are the last to come now
    return;
  }
  bytes_ += mlp::BytesOf(*parameters).size();
  entries_.push_back({std::move(sha256), std::move(parameters)});
  while (entries_.size() > most_ || (entries_.size() > 1 && bytes_ > most_bytes_)) {
    bytes_ -= mlp::BytesOf(*entries_.front().parameters).size();
    entries_.pop_front();
  }
}

SharedParameters ParameterCache::Find(std::string_view sha256) const {
  const auto found = std::ranges::find(entries_, sha256, &Entry::sha256);
  return found == entries_.end() ? nullptr : found->parameters;
}

}  // namespace mlp::node
