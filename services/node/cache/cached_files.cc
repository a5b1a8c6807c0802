#include "services/node/cache/cached_files.h"

namespace mlp::node {

std::optional<std::uint64_t> CachedFiles::Use(const std::string& name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  files_.splice(files_.begin(), files_, found->second);
  return found->second->bytes;
}

std::vector<std::string> CachedFiles::Add(const std::string& name, std::uint64_t bytes) {
  std::vector<std::string> gone;
  while (!files_.empty() && bytes_ + bytes > capacity_) {
    gone.push_back(files_.back().name);
    Remove(gone.back());
  }
  files_.push_front({name, bytes});
  by_name_.emplace(name, files_.begin());
  bytes_ += bytes;
  return gone;
}

void CachedFiles::Remove(const std::string& name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  bytes_ -= found->second->bytes;
  files_.erase(found->second);
  by_name_.erase(found);
}

}  // namespace mlp::node
