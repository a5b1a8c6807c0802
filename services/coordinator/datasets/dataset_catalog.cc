#include "services/coordinator/datasets/dataset_catalog.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/dataset.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;
using async::Task;

constexpr auto kTidyEvery = std::chrono::minutes(10);

std::set<std::string> DigestsOf(const DatasetRecord& record) {
  std::set<std::string> digests;
  for (const DatasetFile& file : record.files) digests.insert(file.sha256);
  return digests;
}

absl::StatusOr<std::shared_ptr<const Dataset>> ReadAll(const DatasetSources& sources) {
  return ReadDataset(sources);
}

absl::Status InUse(const std::string& name, const std::vector<std::string>& jobs) {
  const std::string who = jobs.empty() ? "a job that is being created" : absl::StrJoin(jobs, ", ");
  return absl::FailedPreconditionError(
      absl::StrCat("dataset \"", name, "\" is used by ", who,
                   jobs.size() > 1 ? "; wait until they have ended, cancel them, "
                                   : "; wait until it has ended, cancel it, ",
                   "or take another name"));
}

absl::Status FilesMissing(const std::string& name, const std::vector<std::string>& missing) {
  return absl::FailedPreconditionError(
      absl::StrCat("dataset \"", name, "\": ", missing.size(), " of its files have not come (",
                   missing.front(), missing.size() == 1 ? "" : ", …", "); send them first"));
}

}  // namespace

DatasetCatalog::DatasetCatalog(async::Clock& clock, async::Workers& workers,
                               std::optional<fs::path> data_dir, FileVault* vault,
                               DatasetLedger& ledger, std::vector<DatasetRecord> stored)
    : clock_(clock),
      workers_(workers),
      data_dir_(std::move(data_dir)),
      vault_(vault),
      ledger_(ledger),
      changes_(clock),
      listing_(clock),
      written_(clock) {
  if (data_dir_) directories_.emplace(*data_dir_, ReadAll);
  for (DatasetRecord& record : stored) {
    std::string name = record.name;
    if (vault_ != nullptr) vault_->Claim(DigestsOf(record));
    stored_.emplace(std::move(name), std::move(record));
  }
}

Task<> DatasetCatalog::Run(std::stop_token stop) {
  if (vault_ == nullptr) co_return;
  bool goes_on = true;
  while (goes_on) {
    auto drop = [this] {
      vault_->DropOld();
      return true;
    };
    co_await async::Offload(workers_, std::move(drop));
    goes_on = co_await async::SleepFor(clock_, kTidyEvery, stop);
  }
}

absl::Status DatasetCatalog::CheckStores() const {
  if (vault_ != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "this coordinator stores no datasets; start it with --state-dir DIR");
}

std::optional<DatasetRecord> DatasetCatalog::Stored(const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = stored_.find(name);
  if (found == stored_.end()) return std::nullopt;
  return found->second;
}

Task<absl::StatusOr<std::vector<MissingFile>>> DatasetCatalog::Plan(
    std::vector<DatasetFile> files) {
  if (absl::Status status = CheckStores(); !status.ok()) co_return status;
  auto plan = [this, &files]() -> absl::StatusOr<std::vector<MissingFile>> {
    std::vector<MissingFile> missing;
    std::set<std::string> seen;
    std::int64_t to_come = 0;
    for (const DatasetFile& file : files) {
      if (!seen.insert(file.sha256).second || vault_->CanRead(file.sha256)) continue;
      const std::int64_t received = vault_->Received(file.sha256);
      // All of it came and it is not complete: no piece is left to go on with.
      missing.push_back({file.sha256, received < file.bytes ? received : 0});
      to_come += file.bytes - missing.back().received;
    }
    if (missing.empty()) return missing;
    if (absl::Status room = vault_->CheckRoom(to_come); !room.ok()) return room;
    return missing;
  };
  co_return co_await async::Offload(workers_, std::move(plan));
}

Task<absl::StatusOr<std::int64_t>> DatasetCatalog::Write(FilePiece piece) {
  if (absl::Status status = CheckStores(); !status.ok()) co_return status;
  while (writing_.contains(piece.sha256)) co_await written_.Wait();
  writing_.insert(piece.sha256);
  auto write = [this, &piece] {
    return vault_->Write(piece.sha256, piece.bytes, piece.offset, piece.data);
  };
  const absl::StatusOr<std::int64_t> received = co_await async::Offload(workers_, std::move(write));
  writing_.erase(piece.sha256);
  written_.Notify();
  co_return received;
}

Task<absl::StatusOr<CommittedDataset>> DatasetCatalog::Commit(std::string name,
                                                              std::vector<DatasetFile> files) {
  if (absl::Status status = CheckStores(); !status.ok()) co_return status;
  async::FifoMutex::Ticket ticket(changes_);
  co_await ticket.Acquire({});
  const std::optional<DatasetRecord> there = Stored(name);
  if (there && there->files == files) {
    auto check = [this, &there] { return CheckComplete(*there); };
    const absl::Status complete = co_await async::Offload(workers_, std::move(check));
    if (!complete.ok()) co_return complete;
    co_return CommittedDataset{StatusOf(*there)};
  }
  if (absl::Status status = BeginChange(name); !status.ok()) co_return status;
  DatasetRecord record;
  record.name = std::move(name);
  record.files = std::move(files);
  const UnclaimedFiles::Bytes claimed = vault_->Claim(DigestsOf(record));
  absl::StatusOr<CommittedDataset> committed = co_await Replace(std::move(record));
  if (!committed.ok()) vault_->Disclaim(claimed);
  EndChange();
  co_return committed;
}

Task<absl::StatusOr<CommittedDataset>> DatasetCatalog::Replace(DatasetRecord record) {
  auto measure = [this, &record] { return Measure(std::move(record)); };
  absl::StatusOr<DatasetRecord> measured = co_await async::Offload(workers_, std::move(measure));
  if (!measured.ok()) co_return measured.status();
  measured->create_time = clock_.Now();
  const absl::Status saved = co_await ledger_.Save(*measured);
  if (!saved.ok()) co_return saved;
  std::optional<DatasetRecord> old = Stored(measured->name);
  {
    const std::scoped_lock lock(mutex_);
    stored_[measured->name] = *measured;
  }
  const bool replaced = old.has_value();
  co_await DropFilesOf(std::move(old));
  co_return CommittedDataset{StatusOf(*std::move(measured)), replaced};
}

Task<absl::Status> DatasetCatalog::Remove(std::string name) {
  async::FifoMutex::Ticket ticket(changes_);
  co_await ticket.Acquire({});
  std::optional<DatasetRecord> old = Stored(name);
  if (!old) {
    auto list = [this] { return KnownNames(); };
    const std::vector<std::string> known = co_await async::Offload(workers_, std::move(list));
    if (!std::ranges::binary_search(known, name)) co_return NoSuchDataset(name, known);
    co_return absl::FailedPreconditionError(
        absl::StrCat("dataset \"", name,
                     "\" is a directory below the coordinator's --data-dir; "
                     "remove that directory"));
  }
  if (absl::Status status = BeginChange(name); !status.ok()) co_return status;
  const absl::Status removed = co_await ledger_.Remove(name);
  if (removed.ok()) {
    {
      const std::scoped_lock lock(mutex_);
      stored_.erase(name);
    }
    co_await DropFilesOf(std::move(old));
  }
  EndChange();
  co_return removed;
}

absl::Status DatasetCatalog::BeginChange(const std::string& name) {
  const std::vector<std::string> jobs = ledger_.UsersOf(name);
  if (!jobs.empty()) return InUse(name, jobs);
  const std::scoped_lock lock(mutex_);
  std::erase_if(loaded_, [](const auto& entry) { return entry.second.expired(); });
  if (loading_.contains(name) || loaded_.contains(name)) return InUse(name, {});
  changing_ = name;
  return absl::OkStatus();
}

void DatasetCatalog::EndChange() {
  const std::scoped_lock lock(mutex_);
  changing_.clear();
}

// Drops the files of `old` that no stored dataset has. Nothing else refers to them: commits come
// one at a time.
Task<> DatasetCatalog::DropFilesOf(std::optional<DatasetRecord> old) {
  if (!old || vault_ == nullptr) co_return;
  std::set<std::string> dropped = DigestsOf(*old);
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, record] : stored_) {
      for (const DatasetFile& file : record.files) dropped.erase(file.sha256);
    }
  }
  auto drop = [this, &dropped] {
    for (const std::string& sha256 : dropped) vault_->Remove(sha256);
    return dropped.size();
  };
  co_await async::Offload(workers_, std::move(drop));
}

DatasetStatus DatasetCatalog::StatusOf(DatasetRecord record) const {
  DatasetStatus status;
  status.used_by = ledger_.UsersOf(record.name);
  status.record = std::move(record);
  status.stored = true;
  return status;
}

std::vector<std::string> DatasetCatalog::KnownNames() const {
  std::vector<std::string> names;
  if (data_dir_) names = DirectoriesBelow(*data_dir_);
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, record] : stored_) names.push_back(name);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Task<std::vector<DatasetStatus>> DatasetCatalog::List() {
  async::FifoMutex::Ticket ticket(listing_);
  co_await ticket.Acquire({});
  auto list = [this] { return ListDirectories(); };
  std::vector<DatasetStatus> listed = co_await async::Offload(workers_, std::move(list));
  for (DatasetStatus& status : listed) status.used_by = ledger_.UsersOf(status.record.name);
  std::map<std::string, DatasetRecord> stored;
  {
    const std::scoped_lock lock(mutex_);
    stored = stored_;
  }
  // A stored dataset hides a directory of the same name.
  std::erase_if(listed, [&](const auto& status) { return stored.contains(status.record.name); });
  for (auto& [name, record] : stored) listed.push_back(StatusOf(std::move(record)));
  std::ranges::sort(listed, {}, [](const DatasetStatus& status) { return status.record.name; });
  co_return listed;
}

std::vector<DatasetStatus> DatasetCatalog::ListDirectories() {
  std::vector<DatasetStatus> listed;
  if (!directories_) return listed;
  for (DescribedDirectory& directory : directories_->List(std::chrono::system_clock::now())) {
    DatasetStatus status;
    status.record = std::move(directory.record);
    status.problem = std::move(directory.problem);
    listed.push_back(std::move(status));
  }
  return listed;
}

Task<absl::StatusOr<fs::path>> DatasetCatalog::Find(std::string sha256) {
  auto find = [this, &sha256]() -> absl::StatusOr<fs::path> {
    if (vault_ != nullptr && vault_->Has(sha256)) return vault_->PathOf(sha256);
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, files] : by_digest_) {
      if (const auto found = files.find(sha256); found != files.end()) return found->second;
    }
    return absl::NotFoundError(absl::StrCat("no dataset has a file with SHA-256 ", Hex(sha256)));
  };
  co_return co_await async::Offload(workers_, std::move(find));
}

absl::StatusOr<DatasetCatalog::SharedDataset> DatasetCatalog::Load(const std::string& name) {
  std::optional<DatasetRecord> record;
  {
    const std::scoped_lock lock(mutex_);
    if (changing_ == name) {
      return absl::UnavailableError(
          absl::StrCat("dataset \"", name, "\" is being replaced; try again"));
    }
    loading_.insert(name);
    if (const auto found = stored_.find(name); found != stored_.end()) record = found->second;
  }
  absl::StatusOr<SharedDataset> dataset = record ? LoadStored(*record) : LoadDirectory(name);
  const std::scoped_lock lock(mutex_);
  loading_.erase(loading_.find(name));
  if (!dataset.ok()) return dataset;
  return Share(*std::move(dataset));
}

// The caller holds mutex_.
DatasetCatalog::SharedDataset DatasetCatalog::Share(SharedDataset dataset) {
  std::erase_if(loaded_, [](const auto& entry) { return entry.second.expired(); });
  const auto [begin, end] = loaded_.equal_range(dataset->name);
  for (auto entry = begin; entry != end; ++entry) {
    SharedDataset same = entry->second.lock();
    if (same != nullptr && same->digest() == dataset->digest()) return same;
  }
  loaded_.emplace(dataset->name, dataset);
  return dataset;
}

DatasetSources DatasetCatalog::SourcesOf(const DatasetRecord& record) const {
  DatasetSources sources;
  sources.name = record.name;
  for (const DatasetFile& file : record.files) {
    DatasetSources::File source{file.name, vault_->PathOf(file.sha256), file.sha256};
    if (IsShard(file)) {
      sources.train.push_back(std::move(source));
    } else if (IsSchema(file)) {
      sources.schema = std::move(source);
    } else {
      sources.validation = std::move(source);
    }
  }
  return sources;
}

absl::Status DatasetCatalog::CheckComplete(const DatasetRecord& record) const {
  std::vector<std::string> missing;
  for (const DatasetFile& file : record.files) {
    if (!vault_->CanRead(file.sha256)) missing.push_back(file.name);
  }
  return missing.empty() ? absl::OkStatus() : FilesMissing(record.name, missing);
}

absl::StatusOr<DatasetRecord> DatasetCatalog::Measure(DatasetRecord record) const {
  if (absl::Status status = CheckComplete(record); !status.ok()) return status;
  const absl::StatusOr<SharedDataset> dataset = LoadStored(record);
  if (!dataset.ok()) return dataset.status();
  Describe(**dataset, record);
  return record;
}

absl::StatusOr<DatasetCatalog::SharedDataset> DatasetCatalog::LoadStored(
    const DatasetRecord& record) const {
  if (absl::Status status = CheckStores(); !status.ok()) return status;
  absl::StatusOr<SharedDataset> dataset = ReadDataset(SourcesOf(record));
  if (absl::IsDataLoss(dataset.status())) {
    // A client that puts the dataset again is asked for the files that are gone.
    for (const DatasetFile& file : record.files) vault_->RemoveIfDamaged(file.sha256);
  }
  return dataset;
}

absl::StatusOr<DatasetCatalog::SharedDataset> DatasetCatalog::LoadDirectory(
    const std::string& name) {
  if (!data_dir_) return NoSuchDataset(name, KnownNames());
  const absl::StatusOr<DatasetSources> sources = FindBelow(*data_dir_, name);
  if (absl::IsNotFound(sources.status())) return NoSuchDataset(name, KnownNames());
  if (!sources.ok()) return sources.status();
  absl::StatusOr<SharedDataset> dataset = ReadDataset(*sources);
  if (!dataset.ok()) return dataset;
  std::map<std::string, fs::path> files;
  for (std::size_t i = 0; i < sources->train.size(); ++i) {
    files.emplace((*dataset)->shards[i].sha256, sources->train[i].path);
  }
  files.emplace((*dataset)->validation_sha256, sources->validation.path);
  if (sources->schema) files.emplace((*dataset)->schema_sha256, sources->schema->path);
  const std::scoped_lock lock(mutex_);
  by_digest_[name] = std::move(files);
  return dataset;
}

}  // namespace mlp::coordinator
