// A data directory for tests: two small datasets in a temporary directory that is removed with the
// object.
#pragma once

#include <filesystem>
#include <string>

#include "services/base/sha256.h"
#include "services/node/run/shard_file.h"
#include "test/support/scratch.h"

namespace mlp::node {

class DataDirectory {
 public:
  // Writes `text` to the file and returns the reference that a correct request has.
  ShardReference Write(const std::string& dataset, const std::string& file,
                       const std::string& text) const {
    scratch_.Write(std::filesystem::path(dataset) / file, text);
    return ShardReference{dataset, file, Sha256(text)};
  }

  const std::filesystem::path& path() const { return scratch_.path(); }

 private:
  test::Scratch scratch_;
};

// Four rows of the exclusive or: 2 features, 2 classes.
inline constexpr char kXor[] = "0,0,0\n0,1,1\n1,0,1\n1,1,0\n";

}  // namespace mlp::node
