#include "services/coordinator/datasets/described_directories.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/dataset.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;
using Time = std::chrono::system_clock::time_point;

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr auto kSettled = std::chrono::seconds(2);  // file systems have times of up to two seconds

std::vector<const DatasetSources::File*> FilesOf(const DatasetSources& sources) {
  std::vector<const DatasetSources::File*> files;
  for (const DatasetSources::File& file : sources.train) files.push_back(&file);
  files.push_back(&sources.validation);
  if (sources.schema) files.push_back(&*sources.schema);
  return files;
}

Time TimeOf(const timespec& time) {
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::seconds(time.tv_sec) +
                                                         std::chrono::nanoseconds(time.tv_nsec)));
}

// What tells whether files have changed, without reading them.
struct State {
  std::string digest;
  Time changed;                     // the last change of any of them
  std::vector<std::int64_t> bytes;  // of each
};

// Nothing if a file cannot be looked at.
std::optional<State> StateOf(const DatasetSources& sources) {
  State state;
  Sha256Pieces digest;
  for (const DatasetSources::File* file : FilesOf(sources)) {
    struct stat found {};
    if (::stat(file->path.c_str(), &found) != 0) return std::nullopt;
    digest.Add(absl::StrCat(file->name, "/", found.st_dev, " ", found.st_ino, " ", found.st_size,
                            " ", found.st_mtim.tv_sec, ".", found.st_mtim.tv_nsec, " ",
                            found.st_ctim.tv_sec, ".", found.st_ctim.tv_nsec, "\n"));
    // Only the system sets the time of a status change; anybody sets that of a file's content.
    state.changed = std::max(state.changed, TimeOf(found.st_ctim));
    state.bytes.push_back(found.st_size);
  }
  state.digest = digest.Digest();
  return state;
}

void AddFiles(const DatasetSources& sources, const Dataset& dataset, const State& state,
              DatasetRecord& record) {
  const std::vector<const DatasetSources::File*> files = FilesOf(sources);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string& sha256 = i < dataset.shards.size()    ? dataset.shards[i].sha256
                                : i == dataset.shards.size() ? dataset.validation_sha256
                                                             : dataset.schema_sha256;
    record.files.push_back({files[i]->name, sha256, state.bytes[i]});
  }
}

std::size_t BytesOf(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += sizeof(text) + text.size();
  return bytes;
}

// About what it takes in memory.
std::size_t BytesOf(const DescribedDirectory& described) {
  std::size_t bytes = sizeof(described) + described.problem.size();
  for (const DatasetFile& file : described.record.files) {
    bytes += sizeof(file) + file.name.size() + file.sha256.size();
  }
  if (!described.record.schema) return bytes;
  bytes += BytesOf(described.record.schema->classes);
  for (const Column& column : described.record.schema->columns) {
    bytes += sizeof(column) + column.name.size() + BytesOf(column.categories);
  }
  return bytes;
}

}  // namespace

void Describe(const Dataset& dataset, DatasetRecord& record) {
  record.training_rows = dataset.training_rows();
  record.validation_rows = dataset.validation.rows();
  record.features = dataset.features;
  record.classes = dataset.classes;
  if (dataset.schema != nullptr) record.schema = *dataset.schema;
}

DescribedDirectories::DescribedDirectories(fs::path data_dir, Read read)
    : data_dir_(std::move(data_dir)), read_(std::move(read)) {}

std::vector<DescribedDirectory> DescribedDirectories::List(Time now) {
  const std::vector<std::string> names = DirectoriesBelow(data_dir_);
  std::vector<std::string> gone;
  for (const auto& [name, entry] : remembered_) {
    if (!std::ranges::binary_search(names, name)) gone.push_back(name);
  }
  for (const std::string& name : gone) Forget(name);
  std::vector<DescribedDirectory> listed;
  for (const std::string& name : names) listed.push_back(DescribeOne(name, now));
  return listed;
}

DescribedDirectory DescribedDirectories::DescribeOne(const std::string& name, Time now) {
  DescribedDirectory described;
  described.record.name = name;
  const absl::StatusOr<DatasetSources> sources = FindBelow(data_dir_, name);
  if (!sources.ok()) {
    described.problem = std::string(sources.status().message());
    return described;
  }
  const std::optional<State> state = StateOf(*sources);
  const auto known = remembered_.find(name);
  if (state && known != remembered_.end() && known->second.state == state->digest) {
    return known->second.described;
  }
  Forget(name);
  const absl::StatusOr<std::shared_ptr<const Dataset>> dataset = read_(*sources);
  if (dataset.ok()) {
    Describe(**dataset, described.record);
    if (state) AddFiles(*sources, **dataset, *state, described.record);
  } else {
    described.problem = std::string(dataset.status().message());
  }
  // An error that passes does so without a change of the file.
  const bool lasts = dataset.ok() || absl::IsInvalidArgument(dataset.status());
  if (state && lasts && state->changed + kSettled < now) {
    Remember(name, {state->digest, described, BytesOf(described)});
  }
  return described;
}

void DescribedDirectories::Remember(const std::string& name, Remembered entry) {
  if (bytes_ + entry.bytes > kMaxBytes) return;
  bytes_ += entry.bytes;
  remembered_.emplace(name, std::move(entry));
}

void DescribedDirectories::Forget(const std::string& name) {
  const auto found = remembered_.find(name);
  if (found == remembered_.end()) return;
  bytes_ -= found->second.bytes;
  remembered_.erase(found);
}

}  // namespace mlp::coordinator
