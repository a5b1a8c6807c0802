// The list of the files in a cache, names and sizes only. Bounded by bytes; the least recently used
// go first. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mlp::node {

class CachedFiles {
 public:
  explicit CachedFiles(std::uint64_t capacity_bytes) : capacity_(capacity_bytes) {}

  // Makes the file the one used last. Returns its size; nullopt if it is not there.
  std::optional<std::uint64_t> Use(const std::string& name);
  bool Fits(std::uint64_t bytes) const { return bytes <= capacity_; }
  // Adds a file that fits and is not there, as the one used last. Returns the files that have to go
  // for it.
  std::vector<std::string> Add(const std::string& name, std::uint64_t bytes);
  void Remove(const std::string& name);

  std::uint64_t bytes() const { return bytes_; }

 private:
  struct File {
    std::string name;
    std::uint64_t bytes;
  };

  std::uint64_t capacity_;
  std::uint64_t bytes_ = 0;
  std::list<File> files_;  // most recently used first
  std::unordered_map<std::string, std::list<File>::iterator> by_name_;
};

}  // namespace mlp::node
