// A cache of fetched shard files in a directory of this node's own: they are fetched once and not
// once a start. It is a source in front of another one.
//
// A file is named by its digest and checked when it is read: one that is gone, truncated or changed
// is fetched again, with a warning. One that cannot be read (no permission, a failing disk) is
// fetched, too, and replaced; if that is for the moment (too many open files), it stays. Bounded by
// bytes; the least recently used go first, also across restarts. If a file cannot be written (no
// room), the cache does not keep it and work goes on. Files in the directory that are not the
// cache's stay as they are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "services/async/workers.h"
#include "services/node/cache/cached_files.h"
#include "services/node/run/shard_source.h"

namespace mlp::node {

class DiskCache final : public ShardSource {
 public:
  // Makes `directory` if it is missing and finds the files that it has. FailedPrecondition if it
  // cannot. Blocks.
  static absl::StatusOr<CachedFiles> TakeOver(const std::filesystem::path& directory,
                                              std::uint64_t capacity_bytes);
  // `files` is what TakeOver found in `directory`. `origin` and `workers` outlive the cache.
  DiskCache(std::filesystem::path directory, CachedFiles files, ShardSource& origin,
            async::Workers& workers);

  async::Task<absl::StatusOr<std::string>> Fetch(std::string sha256, std::stop_token stop) override;

 private:
  async::Task<absl::StatusOr<std::string>> Read(const std::string& sha256);
  async::Task<> Keep(const std::string& sha256, const std::string& bytes);

  const std::filesystem::path directory_;
  ShardSource& origin_;
  async::Workers& workers_;
  CachedFiles files_;
  bool warned_ = false;  // a warning has said that files cannot be kept
};

}  // namespace mlp::node
