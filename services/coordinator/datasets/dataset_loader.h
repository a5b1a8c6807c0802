// Reads datasets from files, wherever these lie. Blocks: for worker threads. Re-entrant.
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

// Which files a dataset is made of.
struct DatasetSources {
  struct File {
    std::string name;
    std::filesystem::path path;
    std::string sha256;  // that its bytes must have; empty: any
  };
  std::string name;
  std::vector<File> train;  // in the order of the shards, at least one
  File validation;
  std::optional<File> schema;
};

// The files of `data_dir`/`name`. NotFound where there is no such dataset; InvalidArgument where
// files are missing, or `name` leads out of `data_dir`.
absl::StatusOr<DatasetSources> FindBelow(const std::filesystem::path& data_dir,
                                         const std::string& name);
// The names of the directories below `data_dir`, sorted.
std::vector<std::string> DirectoriesBelow(const std::filesystem::path& data_dir);

// Reads and checks every file. InvalidArgument where a file is malformed (file:line:column), files
// differ in their number of features, or the rows are not what the schema says; DataLoss where a
// file is gone or has another digest.
absl::StatusOr<std::shared_ptr<const Dataset>> ReadDataset(const DatasetSources& sources);

// Both at once; NotFound where there is no such dataset below `data_dir`, with those there are.
absl::StatusOr<std::shared_ptr<const Dataset>> ReadDataset(const std::filesystem::path& data_dir,
                                                           const std::string& name);
// NotFound, with the names of those that are known.
absl::Status NoSuchDataset(const std::string& name, const std::vector<std::string>& known);

// The rows of one file below `data_dir`. NotFound, InvalidArgument.
absl::StatusOr<Shard> ReadRows(const std::filesystem::path& data_dir, const std::string& name,
                               LabelKind kind = LabelKind::kClass);

}  // namespace mlp::coordinator
