// Which files belong to datasets, and how many bytes the others have together. Pure; one thread at
// a time.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace mlp::coordinator {

class UnclaimedFiles {
 public:
  using Bytes = std::map<std::string, std::int64_t>;  // of files, by digest

  // Says how many bytes of a file are there: of the upload, and of the file if it is complete.
  void Set(const std::string& sha256, std::int64_t upload, std::int64_t whole) {
    Put(sha256, upload + (IsClaimed(sha256) ? 0 : whole));
  }
  // Says that these belong to a dataset. Returns those that did not, with their bytes.
  Bytes Claim(const std::set<std::string>& files) {
    Bytes fresh;
    for (const std::string& sha256 : files) {
      if (!claimed_.insert(sha256).second) continue;
      const auto found = bytes_.find(sha256);
      fresh.emplace(sha256, found == bytes_.end() ? 0 : found->second);
      Put(sha256, 0);
    }
    return fresh;
  }
  // Takes back what Claim has returned.
  void Disclaim(const Bytes& files) {
    for (const auto& [sha256, bytes] : files) {
      claimed_.erase(sha256);
      Put(sha256, bytes);
    }
  }
  // Forgets a file that is gone.
  void Forget(const std::string& sha256) {
    claimed_.erase(sha256);
    Put(sha256, 0);
  }

  bool IsClaimed(const std::string& sha256) const { return claimed_.contains(sha256); }
  std::int64_t bytes() const { return total_; }

 private:
  void Put(const std::string& sha256, std::int64_t bytes) {
    std::int64_t& now = bytes_[sha256];
    total_ += bytes - now;
    now = bytes;
    if (bytes == 0) bytes_.erase(sha256);
  }

  std::set<std::string> claimed_;
  Bytes bytes_;  // unclaimed files that have any
  std::int64_t total_ = 0;
};

}  // namespace mlp::coordinator
