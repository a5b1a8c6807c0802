#include "cli/dataset/directory_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/files/write_file.h"
#include "libmlp/data/cell.h"
#include "libmlp/data/dataset_files.h"
#include "libmlp/data/shard.h"
#include "services/wire/schema_proto.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<Schema> ReadSchema(const fs::path& path) {
  const absl::StatusOr<std::string> json = ReadFile(path);
  if (!json.ok()) return json.status();
  return wire::SchemaFromJson(*json, path.string());
}

Table TableOf(const Shard& shard) {
  Table table{shard.feature_count(), {}, {}};
  table.values.assign(shard.features.data(), shard.features.data() + shard.features.size());
  table.labels.assign(shard.labels.begin(), shard.labels.end());
  table.labels.insert(table.labels.end(), shard.targets.begin(), shard.targets.end());
  return table;
}

// Appends the rows of the file `name` to `table`, and sets `file` to its name and their numbers.
absl::Status AddFile(const fs::path& directory, const std::string& name, LabelKind kind,
                     Table& table, DatasetPlan::File& file) {
  const fs::path path = directory / name;
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  const absl::StatusOr<Shard> shard = ParseShard(*text, path.string(), kind);
  if (!shard.ok()) return shard.status();
  if (table.features == 0) table.features = shard->feature_count();
  if (table.features != shard->feature_count()) {
    return BadText(path.string(), {},
                   absl::StrCat("has ", shard->feature_count(), " features, expected ",
                                table.features, "; all files of a dataset must agree"));
  }
  file = {name, Append(TableOf(*shard), table)};
  return absl::OkStatus();
}

double GreatestLabel(const Table& table) {
  return *std::max_element(table.labels.begin(), table.labels.end());
}

absl::Status CheckLabels(const fs::path& directory, const DatasetPlan& plan) {
  const std::size_t classes = plan.schema.classes.size();
  const double greatest = GreatestLabel(plan.table);
  if (plan.schema.regression() || greatest < static_cast<double>(classes)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat((directory / kSchemaFile).string(), ": has ",
                                                 classes, " classes, but rows have class ",
                                                 greatest));
}

bool IsStandardized(const Column& column) { return column.mean != 0 || column.scale != 1; }

std::string TextOf(const Table& table, const std::vector<std::size_t>& rows) {
  std::string text;
  for (const std::size_t row : rows) {
    for (const double value : table.row(row)) {
      text += NumberText(value);
      text += ',';
    }
    text += NumberText(table.labels[row]);
    text += '\n';
  }
  return text;
}

absl::Status WriteRows(const Table& table, const DatasetPlan::File& file,
                       const fs::path& directory) {
  const std::string text = TextOf(table, file.rows);
  if (text.size() <= kMaxFileBytes) return WriteAtOnce(directory / file.name, text);
  return absl::InvalidArgumentError(absl::StrCat(file.name, " would have ", text.size(),
                                                 " bytes, at most ", kMaxFileBytes,
                                                 " are possible: ask for more --shards"));
}

// Reads all rows. They must have as many features as `plan.table` says, if it says so, and as each
// other.
absl::Status AddFiles(const fs::path& directory, const DatasetFiles& files, LabelKind kind,
                      DatasetPlan& plan) {
  for (const std::string& name : files.train) {
    absl::Status status = AddFile(directory, name, kind, plan.table, plan.train.emplace_back());
    if (!status.ok()) return status;
  }
  return AddFile(directory, files.validation, kind, plan.table, plan.validation);
}

}  // namespace

absl::StatusOr<DatasetPlan> PlanFromDirectory(const fs::path& directory) {
  const absl::StatusOr<DatasetFiles> files = ListDatasetFiles(directory);
  if (!files.ok()) return files.status();
  DatasetPlan plan;
  if (files->schema.empty()) {
    absl::Status status = AddFiles(directory, *files, LabelKind::kClass, plan);
    if (!status.ok()) return status;
    const auto classes = static_cast<std::size_t>(GreatestLabel(plan.table)) + 1;
    plan.schema = PlainSchema(plan.table.features, classes);
    return plan;
  }
  absl::StatusOr<Schema> schema = ReadSchema(directory / kSchemaFile);
  if (!schema.ok()) return schema.status();
  plan.schema = *std::move(schema);
  plan.table.features = plan.schema.features();
  const LabelKind kind = plan.schema.regression() ? LabelKind::kNumber : LabelKind::kClass;
  absl::Status status = AddFiles(directory, *files, kind, plan);
  if (status.ok()) status = CheckLabels(directory, plan);
  if (!status.ok()) return status;
  return plan;
}

absl::StatusOr<DatasetPlan> PlanStandardized(const fs::path& directory, bool table_options_given) {
  if (table_options_given) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory.string(),
                     " is a dataset already, with its columns, shards and validation rows: leave "
                     "out the options about them"));
  }
  absl::StatusOr<DatasetPlan> plan = PlanFromDirectory(directory);
  if (!plan.ok()) return plan;
  if (std::any_of(plan->schema.columns.begin(), plan->schema.columns.end(), IsStandardized)) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory.string(), ": the rows are standardised already: put it as it is"));
  }
  const absl::Status fitted =
      FitColumns(directory.string(), {.impute = false, .standardize = true}, *plan);
  if (!fitted.ok()) return fitted;
  return plan;
}

absl::Status WriteFiles(const DatasetPlan& plan, const fs::path& directory) {
  for (const DatasetPlan::File& file : plan.train) {
    if (absl::Status status = WriteRows(plan.table, file, directory); !status.ok()) return status;
  }
  absl::Status status = WriteRows(plan.table, plan.validation, directory);
  if (!status.ok()) return status;
  return WriteAtOnce(directory / kSchemaFile, wire::ToJson(plan.schema));
}

}  // namespace mlp::cli
