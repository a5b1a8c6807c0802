#include "services/node/cache/shard_cache.h"

#include <cstdint>
#include <utility>

#include "libmlp/data/shard.h"

namespace mlp::node {

std::size_t BytesOf(const Shard& shard) {
  return (shard.features.size() + shard.targets.size()) * sizeof(double) +
         shard.labels.size() * sizeof(std::int32_t);
}

std::shared_ptr<const Shard> ShardCache::Find(const std::string& digest) {
  const auto found = by_digest_.find(digest);
  if (found == by_digest_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->shard;
}

void ShardCache::Insert(const std::string& digest, std::shared_ptr<const Shard> shard) {
  const std::size_t size = BytesOf(*shard);
  if (size > capacity_ || by_digest_.contains(digest)) return;
  while (bytes_ + size > capacity_) DropLeastRecentlyUsed();
  entries_.push_front({digest, std::move(shard)});
  by_digest_.emplace(digest, entries_.begin());
  bytes_ += size;
}

void ShardCache::Clear() {
  while (!entries_.empty()) DropLeastRecentlyUsed();
}

void ShardCache::DropLeastRecentlyUsed() {
  const Entry& last = entries_.back();
  bytes_ -= BytesOf(*last.shard);
  by_digest_.erase(last.digest);
  entries_.pop_back();
}

}  // namespace mlp::node
