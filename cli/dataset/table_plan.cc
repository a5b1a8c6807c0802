#include "cli/dataset/table_plan.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/dataset/deal_table.h"
#include "cli/files/path_names.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

// The rows that were read, in the files that they were dealt to.
DatasetPlan PlanOf(TableFile read, Deal deal, const std::string& stem) {
  DatasetPlan plan;
  plan.schema = std::move(read.inferred.schema);
  plan.table = std::move(read.table);
  for (std::size_t i = 0; i < deal.shards.size(); ++i) {
    plan.train.push_back({absl::StrCat("train_", i + 1, ".txt"), std::move(deal.shards[i])});
  }
  plan.validation = {absl::StrCat("validate_", stem, ".txt"), std::move(deal.validation)};
  return plan;
}

// The validation rows are those of the validation file if there is one, else a share of the table.
absl::StatusOr<DatasetPlan> ReadAndDeal(const fs::path& file, const TableOptions& options,
                                        const SplitOptions& split) {
  absl::StatusOr<TableFile> read = ReadTableFile(file, options);
  if (!read.ok()) return read.status();
  const bool apart = !split.validation_file.empty();
  DealOptions terms = split.deal;
  if (apart) terms.validation = 0;
  absl::StatusOr<Deal> deal = DealTable(file.string(), *read, terms);
  if (!deal.ok()) return deal.status();
  if (apart) {
    const absl::StatusOr<Table> rows = ReadRowsFile(split.validation_file, read->inferred, options);
    if (!rows.ok()) return rows.status();
    deal->validation = Append(*rows, read->table);
  }
  return PlanOf(*std::move(read), *std::move(deal), StemOf(file));
}

}  // namespace

absl::StatusOr<DatasetPlan> PlanFromTable(const fs::path& file, const TableOptions& table,
                                          const SplitOptions& split) {
  absl::StatusOr<DatasetPlan> plan = ReadAndDeal(file, table, split);
  if (!plan.ok()) return plan;
  const absl::Status fitted = FitColumns(
      file.string(), {.impute = table.schema.impute, .standardize = split.standardize}, *plan);
  if (!fitted.ok()) return fitted;
  return plan;
}

}  // namespace mlp::cli
