// A dataset that the coordinator owns, as it is remembered: its files by content. Pure data.
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
  std::string sha256;  // of its bytes, 32 bytes
  std::int64_t bytes = 0;
  friend bool operator==(const DatasetFile&, const DatasetFile&) = default;
};

struct DatasetRecord {
  std::string name;
  std::vector<DatasetFile> files;  // as InOrder has them
  std::size_t training_rows = 0;
  std::size_t validation_rows = 0;
  std::size_t features = 0;
  std::size_t classes = 0;
  std::optional<Schema> schema;
  std::chrono::sys_time<std::chrono::nanoseconds> create_time;
  friend bool operator==(const DatasetRecord&, const DatasetRecord&) = default;
};

// Whether a stored dataset may have that name: 1 to 255 characters out of letters, digits, "-", "_"
// and ".", beginning with a letter or digit. InvalidArgument otherwise, blamed on `name`.
absl::Status CheckStoredName(std::string_view name);
// 32 bytes.
absl::Status CheckDigest(std::string_view field, std::string_view sha256);
// The length of a file, 1 to kMaxFileBytes.
absl::Status CheckFileBytes(std::string_view field, std::int64_t bytes);
// The files of a dataset in their order: shards by the numbers in their names, then the validation
// file, then the schema where there is one. InvalidArgument, blamed on `files`: too many, a bad
// name, digest or length, a name twice, no shard, not exactly one validation file.
absl::StatusOr<std::vector<DatasetFile>> InOrder(std::vector<DatasetFile> files);
bool IsShard(const DatasetFile& file);
bool IsSchema(const DatasetFile& file);

}  // namespace mlp::coordinator
