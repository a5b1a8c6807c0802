#include "services/coordinator/dataset_loader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libmlp/dataset.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;

std::string DatasetsIn(const fs::path& data_dir) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(data_dir, ignored)) {
    if (entry.is_directory(ignored)) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names.empty() ? "there are none" : absl::StrCat("there are: ", absl::StrJoin(names, ", "));
}

// One parsed file, with the bytes' digest.
struct File {
  Shard shard;
  std::string sha256;
};

absl::StatusOr<File> ReadOne(const fs::path& directory, const std::string& dataset,
                             const std::string& file) {
  absl::StatusOr<std::string> text = ReadFile(directory / file);
  if (!text.ok()) return text.status();
  absl::StatusOr<Shard> shard = ParseShard(*text, absl::StrCat(dataset, "/", file));
  if (!shard.ok()) return shard.status();
  return File{*std::move(shard), Sha256(*text)};
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

}  // namespace

absl::StatusOr<std::shared_ptr<const Dataset>> ReadDataset(const fs::path& data_dir,
                                                           const std::string& name) {
  absl::StatusOr<fs::path> directory = ResolveBelow(data_dir, name);
  if (absl::IsNotFound(directory.status())) {
    return absl::NotFoundError(absl::StrCat(
        "no dataset \"", name, "\" in the coordinator's data directory; ", DatasetsIn(data_dir)));
  }
  if (!directory.ok()) return directory.status();
  absl::StatusOr<DatasetFiles> files = ListDatasetFiles(*directory);
  if (!files.ok()) return files.status();

  auto dataset = std::make_shared<Dataset>();
  dataset->name = name;
  dataset->validation_file = files->validation;
  const std::string& first_file = files->train.front();
  for (const std::string& file : files->train) {
    absl::StatusOr<File> read = ReadOne(*directory, name, file);
    if (!read.ok()) return read.status();
    if (absl::Status status = Widen(*dataset, read->shard, file, first_file); !status.ok())
      return status;
    dataset->shards.push_back({file, std::move(read->sha256), read->shard.rows()});
  }
  absl::StatusOr<File> validation = ReadOne(*directory, name, files->validation);
  if (!validation.ok()) return validation.status();
  absl::Status status = Widen(*dataset, validation->shard, files->validation, first_file);
  if (!status.ok()) return status;
  dataset->validation = std::move(validation->shard);
  dataset->validation_sha256 = std::move(validation->sha256);
  return std::shared_ptr<const Dataset>(std::move(dataset));
}

absl::StatusOr<Shard> ReadRows(const fs::path& data_dir, const std::string& name) {
  absl::StatusOr<fs::path> path = ResolveBelow(data_dir, name);
  if (!path.ok()) return path.status();
  absl::StatusOr<std::string> text = ReadFile(*path);
  if (!text.ok()) return text.status();
  return ParseShard(*text, name);
}

}  // namespace mlp::coordinator
