#include "cli/dataset/dataset_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/files/gunzip.h"
#include "cli/files/write_file.h"
#include "libmlp/data/cell.h"
#include "libmlp/data/dataset_files.h"
#include "libmlp/data/shard.h"
#include "services/wire/schema_proto.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<TableText> TextOf(const fs::path& path, std::string_view bytes,
                                 const TableOptions& options) {
  TableText text{path.string(), bytes, options.format, options.separator};
  if (text.format == TableFormat::kAuto) text.format = FormatOf(bytes);
  if (text.format == TableFormat::kLibsvm && !options.schema.label.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(text.name, ": is LIBSVM, where the label comes first: leave out --label"));
  }
  return text;
}

// Row by row; regression has one class.
std::vector<std::size_t> ClassesOf(const Schema& schema, const Table& table) {
  std::vector<std::size_t> classes(table.rows());
  if (schema.regression()) return classes;
  std::transform(table.labels.begin(), table.labels.end(), classes.begin(),
                 [](double label) { return static_cast<std::size_t>(label); });
  return classes;
}

absl::Status CheckEnough(const std::string& file, const Inferred& inferred,
                         const std::vector<std::size_t>& classes, const DealOptions& options) {
  const auto shards = static_cast<std::size_t>(options.shards);
  const std::size_t needed = shards + (options.validation > 0 ? 1 : 0);
  if (classes.size() < needed) {
    return BadText(file, {},
                   absl::StrCat("has ", classes.size(), " rows, too few for ", shards,
                                " shards and a validation file; ask for fewer --shards"));
  }
  if (options.validation == 0 || inferred.schema.regression()) return absl::OkStatus();
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

// A shard may be left without rows where classes are few and small.
absl::Status CheckDealt(const std::string& file, const Deal& deal) {
  const auto empty = [](const auto& shard) { return shard.empty(); };
  if (std::none_of(deal.shards.begin(), deal.shards.end(), empty)) return absl::OkStatus();
  return BadText(file, {},
                 absl::StrCat("there are too few training rows for ", deal.shards.size(),
                              " shards; ask for fewer --shards"));
}

void NameFiles(Deal deal, const std::string& stem, DatasetPlan& plan) {
  for (std::size_t i = 0; i < deal.shards.size(); ++i) {
    plan.train.push_back({absl::StrCat("train_", i + 1, ".txt"), std::move(deal.shards[i])});
  }
  plan.validation = {absl::StrCat("validate_", stem, ".txt"), std::move(deal.validation)};
}

// Appends the rows of the validation file to the table.
absl::Status AddValidationFile(const TableOptions& options, const Inferred& inferred,
                               DatasetPlan& plan) {
  const absl::StatusOr<std::string> bytes = ReadTableFile(options.validation_file);
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<TableText> text = TextOf(options.validation_file, *bytes, options);
  if (!text.ok()) return text.status();
  const Header header = inferred.has_header ? options.schema.header : Header::kNo;
  const absl::StatusOr<Table> rows = ReadRows(*text, inferred, header, options.schema.impute);
  if (!rows.ok()) return rows.status();
  plan.validation.rows.resize(rows->rows());
  std::iota(plan.validation.rows.begin(), plan.validation.rows.end(), plan.table.rows());
  plan.table.values.insert(plan.table.values.end(), rows->values.begin(), rows->values.end());
  plan.table.labels.insert(plan.table.labels.end(), rows->labels.begin(), rows->labels.end());
  return absl::OkStatus();
}

absl::StatusOr<DatasetPlan> DealTable(const fs::path& file, TableFile& read, DealOptions options) {
  DatasetPlan plan;
  plan.schema = read.inferred.schema;
  plan.table = std::move(read.table);
  const std::vector<std::size_t> classes = ClassesOf(plan.schema, plan.table);
  absl::Status status = CheckEnough(file.string(), read.inferred, classes, options);
  if (!status.ok()) return status;
  Deal deal = DealRows(classes, options);
  if (status = CheckDealt(file.string(), deal); !status.ok()) return status;
  NameFiles(std::move(deal), StemOf(file), plan);
  return plan;
}

std::string TextOf(const DatasetPlan& plan, const DatasetPlan::File& file) {
  std::string text;
  for (const std::size_t row : file.rows) {
    for (const double value : plan.table.row(row)) {
      text += NumberText(value);
      text += ',';
    }
    text += NumberText(plan.table.labels[row]);
    text += '\n';
  }
  return text;
}

absl::Status WriteRows(const DatasetPlan& plan, const DatasetPlan::File& file,
                       const fs::path& directory) {
  const std::string text = TextOf(plan, file);
  if (text.size() <= kMaxFileBytes) return WriteAtOnce(directory / file.name, text);
  return absl::InvalidArgumentError(absl::StrCat(file.name, " would have ", text.size(),
                                                 " bytes, at most ", kMaxFileBytes,
                                                 " are possible: ask for more --shards"));
}

absl::Status AddFile(const fs::path& directory, const std::string& name, DatasetPlan& plan,
                     DatasetPlan::File& file) {
  const absl::StatusOr<std::string> text = ReadFile(directory / name);
  if (!text.ok()) return text.status();
  const LabelKind kind =
      plan.from_schema && plan.schema.regression() ? LabelKind::kNumber : LabelKind::kClass;
  const std::string path = (directory / name).string();
  const absl::StatusOr<Shard> shard = ParseShard(*text, path, kind);
  if (!shard.ok()) return shard.status();
  Table& table = plan.table;
  if (table.features == 0) table.features = shard->feature_count();
  if (table.features != shard->feature_count()) {
    return BadText(path, {},
                   absl::StrCat("has ", shard->feature_count(), " features, expected ",
                                table.features, "; all files of a dataset must agree"));
  }
  file.name = name;
  file.rows.resize(shard->rows());
  std::iota(file.rows.begin(), file.rows.end(), table.rows());
  table.values.insert(table.values.end(), shard->features.data(),
                      shard->features.data() + shard->features.size());
  table.labels.insert(table.labels.end(), shard->labels.begin(), shard->labels.end());
  table.labels.insert(table.labels.end(), shard->targets.begin(), shard->targets.end());
  return absl::OkStatus();
}

// The schema of a directory without one.
Schema PlainSchemaOf(const Table& table) {
  const double greatest = *std::max_element(table.labels.begin(), table.labels.end());
  return PlainSchema(table.features, static_cast<std::size_t>(greatest) + 1);
}

absl::Status CheckLabels(const fs::path& directory, const DatasetPlan& plan) {
  const std::size_t classes = plan.schema.classes.size();
  const double greatest = *std::max_element(plan.table.labels.begin(), plan.table.labels.end());
  if (plan.schema.regression() || greatest < static_cast<double>(classes)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat((directory / kSchemaFile).string(), ": has ",
                                                 classes, " classes, but rows have class ",
                                                 greatest));
}

bool IsStandardized(const Column& column) { return column.mean != 0 || column.scale != 1; }

absl::Status ReadSchema(const fs::path& directory, DatasetPlan& plan) {
  const absl::StatusOr<std::string> json = ReadFile(directory / kSchemaFile);
  if (!json.ok()) return json.status();
  absl::StatusOr<Schema> schema = wire::SchemaFromJson(*json, (directory / kSchemaFile).string());
  if (!schema.ok()) return schema.status();
  plan.schema = *std::move(schema);
  plan.table.features = plan.schema.features();
  plan.from_schema = true;
  return absl::OkStatus();
}

}  // namespace

std::vector<std::size_t> DatasetPlan::training_rows() const {
  std::vector<std::size_t> rows;
  for (const File& file : train) rows.insert(rows.end(), file.rows.begin(), file.rows.end());
  return rows;
}

absl::StatusOr<std::string> ReadTableFile(const fs::path& path) {
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok() || !LooksLikeGzip(*bytes)) return bytes;
  return Gunzip(*bytes, path.string());
}

absl::StatusOr<TableFile> ReadTableOf(const fs::path& file, const TableOptions& options) {
  const absl::StatusOr<std::string> bytes = ReadTableFile(file);
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<TableText> text = TextOf(file, *bytes, options);
  if (!text.ok()) return text.status();
  return ReadTable(*text, options.schema);
}

absl::StatusOr<DatasetPlan> PlanFromTable(const fs::path& file, const TableOptions& options) {
  absl::StatusOr<TableFile> read = ReadTableOf(file, options);
  if (!read.ok()) return read.status();
  DealOptions deal = options.deal;
  if (!options.validation_file.empty()) deal.validation = 0;
  absl::StatusOr<DatasetPlan> plan = DealTable(file, *read, deal);
  if (!plan.ok()) return plan;
  absl::Status status;
  if (!options.validation_file.empty()) status = AddValidationFile(options, read->inferred, *plan);
  if (!status.ok()) return status;
  const std::vector<std::size_t> training = plan->training_rows();
  if (options.schema.impute) ImputeFrom(plan->table, training, plan->schema);
  if (options.standardize) status = StandardizeFrom(plan->table, training, plan->schema);
  if (status.ok()) status = Apply(plan->schema, plan->table);
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file.string(), ": ", status.message()));
  }
  return plan;
}

absl::StatusOr<DatasetPlan> PlanFromDirectory(const fs::path& directory) {
  const absl::StatusOr<DatasetFiles> files = ListDatasetFiles(directory);
  if (!files.ok()) return files.status();
  DatasetPlan plan;
  absl::Status status;
  if (!files->schema.empty()) status = ReadSchema(directory, plan);
  for (const std::string& name : files->train) {
    if (!status.ok()) return status;
    status = AddFile(directory, name, plan, plan.train.emplace_back());
  }
  if (status.ok()) status = AddFile(directory, files->validation, plan, plan.validation);
  if (!status.ok()) return status;
  if (!plan.from_schema) plan.schema = PlainSchemaOf(plan.table);
  if (status = CheckLabels(directory, plan); !status.ok()) return status;
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
  absl::Status status = StandardizeFrom(plan->table, plan->training_rows(), plan->schema);
  if (status.ok()) status = Apply(plan->schema, plan->table);
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(directory.string(), ": ", status.message()));
  }
  return plan;
}

absl::Status WriteFiles(const DatasetPlan& plan, const fs::path& directory) {
  for (const DatasetPlan::File& file : plan.train) {
    if (absl::Status status = WriteRows(plan, file, directory); !status.ok()) return status;
  }
  absl::Status status = WriteRows(plan, plan.validation, directory);
  if (!status.ok()) return status;
  return WriteAtOnce(directory / kSchemaFile, wire::ToJson(plan.schema));
}

std::string ContentText(const Schema& schema) {
  const std::size_t features = schema.features();
  const std::string counted = absl::StrCat(features, features == 1 ? " feature" : " features");
  if (schema.regression()) return absl::StrCat(counted, ", to predict ", schema.label);
  constexpr std::size_t kShown = 10;
  const std::size_t shown = std::min(schema.classes.size(), kShown);
  const std::string names =
      absl::StrJoin(schema.classes.begin(), schema.classes.begin() + shown, ", ");
  return absl::StrCat(counted, ", ", schema.classes.size(), " classes (", names,
                      shown < schema.classes.size() ? ", …)" : ")");
}

fs::path WithoutSlash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

std::string StemOf(const fs::path& file) {
  const fs::path stem = file.stem();
  return (file.extension() == ".gz" ? stem.stem() : stem).string();
}

}  // namespace mlp::cli
