// The record of a dataset that the coordinator owns: its files by content. Pure data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/data/schema.h"

namespace mlp::coordinator {

inline constexpr std::size_t kMaxDatasetFiles = 100'000;

struct DatasetFile {
  std::string name;
  std::string sha256;  // digest of its bytes, 32 bytes
  std::int64_t bytes = 0;
  friend bool operator==(const DatasetFile&, const DatasetFile&) = default;
};

struct DatasetRecord {
  std::string name;
  std::vector<DatasetFile> files;  // sorted as by InOrder
  std::size_t training_rows = 0;
  std::size_t validation_rows = 0;
  std::size_t features = 0;
  std::size_t classes = 0;
  std::optional<Schema> schema;
  std::chrono::sys_time<std::chrono::nanoseconds> create_time;
  friend bool operator==(const DatasetRecord&, const DatasetRecord&) = default;
};

// Checks that a stored dataset may have that name: 1 to 255 characters out of letters, digits, "-",
// "_" and ".", beginning with a letter or digit. InvalidArgument otherwise, blamed on `name`.
absl::Status CheckStoredName(std::string_view name);
// Checks that the digest has 32 bytes.
absl::Status CheckDigest(std::string_view field, std::string_view sha256);
// Checks the length of a file: 1 to kMaxFileBytes.
absl::Status CheckFileBytes(std::string_view field, std::int64_t bytes);
// Returns the files of a dataset in their order: shards by the numbers in their names, then the
// validation file, then the schema if there is one. InvalidArgument, blamed on `files`, for too
// many files, a bad name, digest or length, a name twice, no shard, or not exactly one validation
// file.
absl::StatusOr<std::vector<DatasetFile>> InOrder(std::vector<DatasetFile> files);
bool IsShard(const DatasetFile& file);
bool IsSchema(const DatasetFile& file);

}  // namespace mlp::coordinator
