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

// What is done with the column of the classes or numbers to predict.
enum class LabelUse : std::uint8_t { kIgnored, kRequired };

class RowBlocks {
 public:
  // The next bytes of the file, valid until the next call; none: its end.
  using Source = std::function<absl::StatusOr<std::string_view>()>;

  // `schema` must outlive it; `name` is what errors call the file.
  RowBlocks(const Schema& schema, std::string name, char separator, LabelUse labels, Source source);

  // At most so many rows, and fewer where they are wide, are in a block.
  static constexpr std::size_t kMaxRows = 4096;

  // `block` becomes the next rows, with labels or targets where they are required. False: there are
  // no more. Errors are those of the source, CsvReader and RowEncoder; InvalidArgument where a
  // label is required and there is none.
  absl::StatusOr<bool> Next(Shard& block);

 private:
  // As CsvReader::Next, but false means the end.
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
