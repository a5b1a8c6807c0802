// Directories of files with labelled rows.
//
// A dataset is a directory of `train_*` files, the shards, in natural order (2 before 10), one
// `validate_*` file and, if its rows mean more than numbers, `schema.json`
// (libmlp/data/schema.h). shard.h describes the files of rows.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mlp {

// Compares file names so that numbers in them count as numbers: "train_2" before "train_10".
bool NaturalLess(std::string_view a, std::string_view b);

struct DatasetFiles {
  std::vector<std::string> train;  // file names, natural order, at least one
  std::string validation;          // file name
  std::string schema;              // kSchemaFile, or empty if there is none
};

inline constexpr std::string_view kSchemaFile = "schema.json";

// Finds the files of the dataset in `directory`. NotFound: no such directory. InvalidArgument: no
// shards, no validation file or more than one. Internal: it cannot be read now, see ReadFile.
absl::StatusOr<DatasetFiles> ListDatasetFiles(const std::filesystem::path& directory);

inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

// Reads the bytes of a file. NotFound, or InvalidArgument if it is no regular file or larger than
// kMaxFileBytes. Internal if it is there and the system does not let it be read (too many open
// files, no permission, a failing disk): that says nothing about its bytes, and may pass.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path);

// The directory or file that `name` means below `root`, which must exist. InvalidArgument if
// `name` is empty, absolute, has a ".." component, or leads outside `root` through a link;
// NotFound if nothing is there; Internal if the system does not let it be looked up.
absl::StatusOr<std::filesystem::path> ResolveBelow(const std::filesystem::path& root,
                                                   std::string_view name);

}  // namespace mlp
