// The rows of a table, which may be of any size, as blocks of features: a block at a time is in
// memory. One thread at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/data/csv_reader.h"
#include "libmlp/data/encode_row.h"
#include "libmlp/data/schema.h"

namespace mlp {

struct Shard;

// The use of the column with the classes or numbers to predict.
enum class LabelUse : std::uint8_t { kIgnored, kRequired };

class RowBlocks {
 public:
  // The next bytes of the file, valid until the next call; none: its end.
  using Source = std::function<absl::StatusOr<std::string_view>()>;

  // `schema` must outlive it; `name` is the file's name in errors.
  RowBlocks(const Schema& schema, std::string name, char separator, LabelUse labels, Source source);

  // The most rows of a block; a block of wide rows has fewer.
  static constexpr std::size_t kMaxRows = 4096;

  // Makes `block` the next rows, with labels or targets if they are required. Returns false if
  // there are no more. Errors are those of the source, CsvReader and RowEncoder; InvalidArgument if
  // a label is required and there is none.
  absl::StatusOr<bool> Next(Shard& block);

 private:
  // Works like CsvReader::Next, but false means the end.
  absl::StatusOr<bool> NextRecord();
  absl::Status Begin();
  absl::Status TakeRow(Shard& block, std::size_t row);

  const Schema& schema_;
  const std::string name_;
  const LabelUse label_use_;
  const Source source_;
  const std::size_t block_rows_;
  CsvReader reader_;
  CsvRecord record_;
  bool have_row_ = false;  // record_ is the next row
  std::optional<RowEncoder> encoder_;
};

}  // namespace mlp
