// A cache of parsed shards: a shard is read once and not once a round. Shards have the key
// ShardReference::parsed_as, from the digest of their file. Bounded by bytes; the least recently
// used go first. Not thread-safe; shards that were handed out live on.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace mlp {
struct Shard;
}  // namespace mlp

namespace mlp::node {

// Returns the number of bytes that a parsed shard takes in memory.
std::size_t BytesOf(const Shard& shard);

class ShardCache {
 public:
  explicit ShardCache(std::size_t capacity_bytes) : capacity_(capacity_bytes) {}

  // Returns the shard, or null.
  std::shared_ptr<const Shard> Find(const std::string& digest);
  // Keeps `shard`, unless it is larger than the cache; one that is there already stays.
  void Insert(const std::string& digest, std::shared_ptr<const Shard> shard);
  void Clear();

  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string digest;
    std::shared_ptr<const Shard> shard;
  };

  void DropLeastRecentlyUsed();

  std::size_t capacity_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_digest_;
};

}  // namespace mlp::node
