// A dataset that the coordinator owns, as it is remembered: its files by content. Pure data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mlp::coordinator {

struct DatasetFile {
  std::string name;
  std::string sha256;  // of its bytes, 32 bytes
  std::int64_t bytes = 0;
  friend bool operator==(const DatasetFile&, const DatasetFile&) = default;
};

struct DatasetRecord {
  std::string name;
  std::vector<DatasetFile> files;  // the shards in their order, then the validation file
  std::size_t training_rows = 0;
  std::size_t validation_rows = 0;
  std::size_t features = 0;
  std::size_t classes = 0;
  std::chrono::sys_time<std::chrono::nanoseconds> create_time;
  friend bool operator==(const DatasetRecord&, const DatasetRecord&) = default;
};

}  // namespace mlp::coordinator
