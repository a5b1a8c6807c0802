#include "cli/dataset/deal_table.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libmlp/data/cell.h"

namespace mlp::cli {
namespace {

// The class of each row. Regression has one class.
std::vector<std::size_t> ClassesOf(const Schema& schema, const Table& table) {
  std::vector<std::size_t> classes(table.rows());
  if (schema.regression()) return classes;
  std::transform(table.labels.begin(), table.labels.end(), classes.begin(),
                 [](double label) { return static_cast<std::size_t>(label); });
  return classes;
}

absl::Status CheckRows(const std::string& file, std::size_t rows, const DealOptions& options) {
  const auto shards = static_cast<std::size_t>(options.shards);
  const std::size_t needed = shards + (options.validation > 0 ? 1 : 0);
  if (rows >= needed) return absl::OkStatus();
  return BadText(file, {},
                 absl::StrCat("has ", rows, " rows, too few for ", shards,
                              " shards and a validation file; ask for fewer --shards"));
}

// Each class needs a row to train on and one to validate with.
absl::Status CheckClasses(const std::string& file, const Inferred& inferred,
                          const std::vector<std::size_t>& classes) {
  std::vector<std::size_t> rows(inferred.schema.classes.size());
  for (const std::size_t its : classes) ++rows[its];
  const auto single = std::find(rows.begin(), rows.end(), std::size_t{1});
  if (single == rows.end()) return absl::OkStatus();
  const auto its = static_cast<std::size_t>(single - rows.begin());
  return BadText(file, inferred.first_label[its],
                 absl::StrCat("column ", Quoted(inferred.schema.label), ": class ",
                              Quoted(inferred.schema.classes[its]),
                              " has this row only, and needs one to train on and one to validate "
                              "with: leave it out, or give a --validation-file"));
}

// Too few rows may leave a shard empty.
absl::Status CheckShards(const std::string& file, const Deal& deal) {
  const auto empty = [](const auto& shard) { return shard.empty(); };
  if (std::none_of(deal.shards.begin(), deal.shards.end(), empty)) return absl::OkStatus();
  return BadText(file, {},
                 absl::StrCat("there are too few training rows for ", deal.shards.size(),
                              " shards; ask for fewer --shards"));
}

}  // namespace

absl::StatusOr<Deal> DealTable(const std::string& file, const TableFile& read,
                               const DealOptions& options) {
  const Schema& schema = read.inferred.schema;
  const std::vector<std::size_t> classes = ClassesOf(schema, read.table);
  absl::Status status = CheckRows(file, classes.size(), options);
  if (status.ok() && options.validation > 0 && !schema.regression()) {
    status = CheckClasses(file, read.inferred, classes);
  }
  if (!status.ok()) return status;
  Deal deal = DealRows(classes, options);
  if (status = CheckShards(file, deal); !status.ok()) return status;
  return deal;
}

}  // namespace mlp::cli
