#include "services/coordinator/datasets/dataset_loader.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libmlp/data/dataset_files.h"
#include "libmlp/data/shard.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"
#include "services/base/utf8.h"
#include "services/coordinator/job/dataset.h"
#include "services/wire/schema_proto.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;

// The bytes of a file, with their digest.
struct FileBytes {
  std::string name;  // for errors
  std::string text;
  std::string sha256;
};

// Returns an error of reading below the data directory as the user's: another try may succeed if
// the failure passes, and one that lasts is theirs to mend.
absl::Status ToUser(const absl::Status& error) {
  if (absl::IsResourceExhausted(error)) {
    return absl::UnavailableError(
        absl::StrCat("cannot be read now: ", error.message(), "; try again"));
  }
  if (absl::IsInternal(error)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot be read: ", error.message()));
  }
  return error;
}

absl::Status CannotUse(const std::string& name, bool stored, const absl::Status& error) {
  if (absl::IsResourceExhausted(error) || (!stored && absl::IsInternal(error))) {
    return WithContext(name, ToUser(error));
  }
  if (!stored) return error;
  return absl::DataLossError(absl::StrCat(
      name, ": the stored file cannot be read: ", error.message(), "; put the dataset again"));
}

absl::StatusOr<FileBytes> ReadBytes(const std::string& dataset, const DatasetSources::File& file) {
  std::string name = absl::StrCat(dataset, "/", file.name);
  absl::StatusOr<std::string> text = ReadFile(file.path);
  if (!text.ok()) return CannotUse(name, !file.sha256.empty(), text.status());
  std::string digest = Sha256(*text);
  if (!file.sha256.empty() && digest != file.sha256) {
    return absl::DataLossError(
        absl::StrCat(name, ": the stored file was damaged; put the dataset again"));
  }
  return FileBytes{std::move(name), *std::move(text), std::move(digest)};
}

// Finds a file of the dataset as nodes do: not through a link that leads outside `data_dir`.
absl::StatusOr<DatasetSources::File> SourceBelow(const fs::path& data_dir,
                                                 const std::string& dataset,
                                                 const std::string& file) {
  absl::StatusOr<fs::path> path = ResolveBelow(data_dir, absl::StrCat(dataset, "/", file));
  if (!path.ok()) return ToUser(path.status());
  return DatasetSources::File{file, *std::move(path), ""};
}

// One parsed file, with the bytes' digest.
struct ParsedFile {
  Shard shard;
  std::string sha256;
};

absl::StatusOr<ParsedFile> ReadOne(const Dataset& dataset, const DatasetSources::File& file) {
  absl::StatusOr<FileBytes> bytes = ReadBytes(dataset.name, file);
  if (!bytes.ok()) return bytes.status();
  const LabelKind kind = dataset.regression() ? LabelKind::kNumber : LabelKind::kClass;
  absl::StatusOr<Shard> shard = ParseShard(bytes->text, bytes->name, kind);
  if (!shard.ok()) return shard.status();
  return ParsedFile{*std::move(shard), std::move(bytes->sha256)};
}

absl::Status ReadSchema(const DatasetSources::File& file, Dataset& dataset) {
  std::error_code unknown;  // reading says why
  const std::uintmax_t size = fs::file_size(file.path, unknown);
  const std::string name = absl::StrCat(dataset.name, "/", file.name);
  absl::Status fits = wire::CheckSchemaFileBytes(unknown ? 0 : size, name);
  if (!fits.ok()) return fits;
  absl::StatusOr<FileBytes> bytes = ReadBytes(dataset.name, file);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<Schema> schema = wire::SchemaFromJson(bytes->text, bytes->name);
  if (!schema.ok()) return schema.status();
  dataset.schema = std::make_shared<const Schema>(*std::move(schema));
  dataset.schema_sha256 = std::move(bytes->sha256);
  return absl::OkStatus();
}

// The schema must be that of the rows; it may have classes that no row has.
absl::Status CheckSchemaFits(const std::string& schema_file, Dataset& dataset) {
  const std::string name = absl::StrCat(dataset.name, "/", schema_file);
  const Schema& schema = *dataset.schema;
  if (schema.features() != dataset.features) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": columns: are ", schema.features(),
                                                   " features, but rows have ", dataset.features,
                                                   "; make the dataset again"));
  }
  if (schema.regression()) return absl::OkStatus();
  if (dataset.classes > schema.classes.size()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": classes: are ", schema.classes.size(),
                                                   ", but a row has class ", dataset.classes - 1,
                                                   "; make the dataset again"));
  }
  dataset.classes = schema.classes.size();
  return absl::OkStatus();
}

// Every file must have the features of the first one.
absl::Status Widen(Dataset& dataset, const Shard& shard, const std::string& file,
                   const std::string& first_file) {
  if (dataset.features == 0) dataset.features = shard.feature_count();
  if (dataset.features != shard.feature_count()) {
    return absl::InvalidArgumentError(absl::StrCat(
        dataset.name, "/", file, ":1: has ", shard.feature_count(), " features, but ", dataset.name,
        "/", first_file, " has ", dataset.features, "; all files of a dataset must agree"));
  }
  dataset.classes = std::max(dataset.classes, shard.class_count());
  return absl::OkStatus();
}

void Count(const Shard& shard, std::vector<std::size_t>& class_rows) {
  for (const std::int32_t label : shard.labels) {
    const auto index = static_cast<std::size_t>(label);
    if (index >= class_rows.size()) class_rows.resize(index + 1);
    ++class_rows[index];
  }
}

}  // namespace

std::vector<std::string> DirectoriesBelow(const fs::path& data_dir) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(data_dir, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    std::string name = entry->path().filename().string();
    if (entry->is_directory(ignored) && IsUtf8(name)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

absl::StatusOr<DatasetSources> FindBelow(const fs::path& data_dir, const std::string& name) {
  absl::StatusOr<fs::path> directory = ResolveBelow(data_dir, name);
  if (!directory.ok()) return ToUser(directory.status());
  absl::StatusOr<DatasetFiles> files = ListDatasetFiles(*directory);
  if (!files.ok()) return ToUser(files.status());
  DatasetSources sources;
  sources.name = name;
  for (const std::string& file : files->train) {
    auto source = SourceBelow(data_dir, name, file);
    if (!source.ok()) return source.status();
    sources.train.push_back(*std::move(source));
  }
  auto validation = SourceBelow(data_dir, name, files->validation);
  if (!validation.ok()) return validation.status();
  sources.validation = *std::move(validation);
  if (files->schema.empty()) return sources;
  auto schema = SourceBelow(data_dir, name, files->schema);
  if (!schema.ok()) return schema.status();
  sources.schema = *std::move(schema);
  return sources;
}

absl::StatusOr<std::shared_ptr<const Dataset>> ReadDataset(const DatasetSources& sources) {
  auto dataset = std::make_shared<Dataset>();
  dataset->name = sources.name;
  dataset->validation_file = sources.validation.name;
  if (sources.schema) {
    if (absl::Status status = ReadSchema(*sources.schema, *dataset); !status.ok()) return status;
  }
  const std::string& first_file = sources.train.front().name;
  for (const DatasetSources::File& file : sources.train) {
    absl::StatusOr<ParsedFile> read = ReadOne(*dataset, file);
    if (!read.ok()) return read.status();
    absl::Status status = Widen(*dataset, read->shard, file.name, first_file);
    if (!status.ok()) return status;
    Count(read->shard, dataset->class_rows);
    dataset->shards.push_back({file.name, std::move(read->sha256), read->shard.rows()});
  }
  absl::StatusOr<ParsedFile> validation = ReadOne(*dataset, sources.validation);
  if (!validation.ok()) return validation.status();
  absl::Status status = Widen(*dataset, validation->shard, sources.validation.name, first_file);
  if (status.ok() && sources.schema) status = CheckSchemaFits(sources.schema->name, *dataset);
  if (!status.ok()) return status;
  dataset->class_rows.resize(dataset->classes);
  dataset->validation = std::move(validation->shard);
  dataset->validation_sha256 = std::move(validation->sha256);
  return std::shared_ptr<const Dataset>(std::move(dataset));
}

absl::StatusOr<std::shared_ptr<const Dataset>> ReadDataset(const fs::path& data_dir,
                                                           const std::string& name) {
  const absl::StatusOr<DatasetSources> sources = FindBelow(data_dir, name);
  if (absl::IsNotFound(sources.status())) return NoSuchDataset(name, DirectoriesBelow(data_dir));
  if (!sources.ok()) return sources.status();
  return ReadDataset(*sources);
}

absl::Status NoSuchDataset(const std::string& name, const std::vector<std::string>& known) {
  return absl::NotFoundError(
      absl::StrCat("the coordinator has no dataset \"", name, "\"; ",
                   known.empty() ? "there are none" : "there are: ", absl::StrJoin(known, ", "),
                   "; `mlp-client dataset put DIR` sends it one"));
}

absl::StatusOr<std::string> ReadFileBelow(const fs::path& data_dir, const std::string& name) {
  absl::StatusOr<fs::path> path = ResolveBelow(data_dir, name);
  if (!path.ok()) return ToUser(path.status());
  absl::StatusOr<std::string> text = ReadFile(*path);
  if (!text.ok()) return ToUser(text.status());
  return text;
}

}  // namespace mlp::coordinator
