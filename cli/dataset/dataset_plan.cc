#include "cli/dataset/dataset_plan.h"

#include <numeric>

#include "absl/strings/str_cat.h"

namespace mlp::cli {

std::vector<std::size_t> DatasetPlan::training_rows() const {
  std::vector<std::size_t> rows;
  for (const File& file : train) rows.insert(rows.end(), file.rows.begin(), file.rows.end());
  return rows;
}

std::vector<std::size_t> Append(const Table& rows, Table& table) {
  std::vector<std::size_t> numbers(rows.rows());
  std::iota(numbers.begin(), numbers.end(), table.rows());
  table.values.insert(table.values.end(), rows.values.begin(), rows.values.end());
  table.labels.insert(table.labels.end(), rows.labels.begin(), rows.labels.end());
  return numbers;
}

absl::Status FitColumns(const std::string& source, const FitOptions& options, DatasetPlan& plan) {
  const std::vector<std::size_t> training = plan.training_rows();
  if (options.impute) ImputeFrom(plan.table, training, plan.schema);
  absl::Status status;
  if (options.standardize) status = StandardizeFrom(plan.table, training, plan.schema);
  if (status.ok()) status = Apply(plan.schema, plan.table);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(source, ": ", status.message()));
}

}  // namespace mlp::cli
