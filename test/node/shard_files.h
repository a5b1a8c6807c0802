// A data directory for tests: two small datasets in a temporary directory that is removed with the
// object.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "services/base/sha256.h"
#include "services/node/run/shard_file.h"

namespace mlp::node {

class DataDirectory {
 public:
  DataDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "mlp-node-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;
  ~DataDirectory() { std::filesystem::remove_all(root_); }

  // Writes `text` to the file and returns the reference that a correct request has.
  ShardReference Write(const std::string& dataset, const std::string& file,
                       const std::string& text) const {
    std::filesystem::create_directories(root_ / dataset);
    std::ofstream(root_ / dataset / file) << text;
    return ShardReference{dataset, file, Sha256(text)};
  }

  const std::filesystem::path& path() const { return root_; }

 private:
  std::filesystem::path root_;
};

// Four rows of the exclusive or: 2 features, 2 classes.
inline constexpr char kXor[] = "0,0,0\n0,1,1\n1,0,1\n1,1,0\n";

}  // namespace mlp::node
