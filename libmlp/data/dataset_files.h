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

#include "absl/status/status.h"
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
// shards, no validation file or more than one. Otherwise, if it cannot be read, see CannotRead.
absl::StatusOr<DatasetFiles> ListDatasetFiles(const std::filesystem::path& directory);

inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

// Returns what the system's error says about the file: NotFound if nothing is there,
// InvalidArgument if it is no file. Otherwise its bytes may be good: ResourceExhausted if the
// system is short of something (too many open files), which passes; Internal if the failure lasts
// until somebody mends it (no permission, a failing disk). The message names the path and the
// reason.
absl::Status CannotRead(const std::filesystem::path& path, int error);

// Reads the bytes of a file. InvalidArgument if it is no regular file or larger than kMaxFileBytes.
// If it cannot be read, see CannotRead.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path);

// The directory or file that `name` means below `root`, which must exist. InvalidArgument if
// `name` is empty, absolute, has a ".." component, or leads outside `root` through a link;
// NotFound if nothing is there. If it cannot be looked up, see CannotRead.
absl::StatusOr<std::filesystem::path> ResolveBelow(const std::filesystem::path& root,
                                                   std::string_view name);

}  // namespace mlp
