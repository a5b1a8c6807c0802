// Reads datasets from files anywhere. Blocks, so call it on workers. Re-entrant.
//
// Whatever reads is Unavailable if something is there and the system is short of what it takes to
// read it: that is worth another try. A failure that lasts (no permission, a failing disk) is
// InvalidArgument below a data directory, and DataLoss of a stored file.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libmlp/data/label.h"

namespace mlp {
struct Shard;
}  // namespace mlp

namespace mlp::coordinator {

struct Dataset;

// The files that make up a dataset.
struct DatasetSources {
  struct File {
    std::string name;
    std::filesystem::path path;
    std::string sha256;  // the digest that its bytes must have; empty: any
  };
  std::string name;
  std::vector<File> train;  // in the order of the shards, at least one
  File validation;
  std::optional<File> schema;
};

// Finds the files of `data_dir`/`name`. NotFound if there is no such dataset; InvalidArgument if
// files are missing, or `name` or a file leads out of `data_dir` through a link.
absl::StatusOr<DatasetSources> FindBelow(const std::filesystem::path& data_dir,
                                         const std::string& name);
// Returns the names of the directories below `data_dir`, sorted.
std::vector<std::string> DirectoriesBelow(const std::filesystem::path& data_dir);

// Reads and checks every file. InvalidArgument if a file is malformed (file:line:column), files
// differ in their number of features, or the rows are not what the schema says; DataLoss if a
// stored file is gone, cannot be read, or was read whole and has another digest.
absl::StatusOr<std::shared_ptr<const Dataset>> ReadDataset(const DatasetSources& sources);

// Does both. NotFound, with the names that there are, if `data_dir` has no such dataset.
absl::StatusOr<std::shared_ptr<const Dataset>> ReadDataset(const std::filesystem::path& data_dir,
                                                           const std::string& name);
// Returns NotFound, with the names of the datasets that are known.
absl::Status NoSuchDataset(const std::string& name, const std::vector<std::string>& known);

// Reads the text of one file below `data_dir`. NotFound, InvalidArgument.
absl::StatusOr<std::string> ReadFileBelow(const std::filesystem::path& data_dir,
                                          const std::string& name);

}  // namespace mlp::coordinator
