// Which files a cache of files has, and which are to go: bounded by bytes, the least recently used
// go first. Names and sizes only. Pure; not thread-safe.
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

  // The file's size, and the file becomes the one used last; nullopt where it is not there.
  std::optional<std::uint64_t> Use(const std::string& name);
  bool Fits(std::uint64_t bytes) const { return bytes <= capacity_; }
  // Adds a file that fits and is not there, as the one used last. The files that had to go for it.
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
