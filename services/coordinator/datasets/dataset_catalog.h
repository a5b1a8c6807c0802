// The coordinator's datasets: those that clients sent, and the directories below --data-dir.
//
// A stored dataset has its name before a directory does. It is there as a whole or not at all: it
// appears when its files are complete and well-formed and the ledger has it, and neither it nor a
// file of it goes while a job uses it. Loop thread only, except Load. `vault` is nullptr if nothing
// can be stored. All that the catalog refers to outlives it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/fifo_mutex.h"
#include "services/async/task.h"
#include "services/async/wait.h"
#include "services/async/workers.h"
#include "services/coordinator/datasets/dataset_ledger.h"
#include "services/coordinator/datasets/dataset_loader.h"
#include "services/coordinator/datasets/described_directories.h"
#include "services/coordinator/datasets/file_vault.h"
#include "services/coordinator/job/dataset_record.h"

namespace mlp::coordinator {

struct Dataset;

// A dataset in a list of datasets.
struct DatasetStatus {
  DatasetRecord record;  // a directory's lacks the files' lengths and the time
  bool stored = false;   // sent by a client; else a directory
  std::vector<std::string> used_by;
  std::string problem;  // why a directory cannot be used; else empty
};

struct CommittedDataset {
  DatasetStatus status;
  bool replaced = false;  // another one had the name
};

struct MissingFile {
  std::string sha256;
  std::int64_t received = 0;
};

struct FilePiece {
  std::string sha256;
  std::int64_t bytes = 0;  // the whole file's
  std::int64_t offset = 0;
  std::string data;
};

class DatasetCatalog {
 public:
  DatasetCatalog(async::Clock& clock, async::Workers& workers,
                 std::optional<std::filesystem::path> data_dir, FileVault* vault,
                 DatasetLedger& ledger, std::vector<DatasetRecord> stored);

  // Drops now and then what was sent for no dataset, until it is stopped.
  async::Task<> Run(std::stop_token stop);

  // Returns the files that are missing, or cannot be read for a reason that lasts.
  // FailedPrecondition if nothing can be stored, here and below. ResourceExhausted if what is
  // missing is beyond the vault's limit.
  async::Task<absl::StatusOr<std::vector<MissingFile>>> Plan(std::vector<DatasetFile> files);
  // Does the same as FileVault::Write; pieces of one file wait for each other.
  async::Task<absl::StatusOr<std::int64_t>> Write(FilePiece piece);
  // Makes `files`, which are InOrder, a dataset. One with the same files stays as it is.
  // FailedPrecondition: files are missing, or a job uses the dataset that has the name.
  // InvalidArgument: a file is malformed. Unavailable: one cannot be read now. DataLoss: one is
  // damaged or cannot be read at all.
  async::Task<absl::StatusOr<CommittedDataset>> Commit(std::string name,
                                                       std::vector<DatasetFile> files);
  // Removes a stored dataset. NotFound; FailedPrecondition if a job uses it or it is a directory.
  async::Task<absl::Status> Remove(std::string name);
  // Lists the datasets by name. Reads files of directories only if they have changed.
  async::Task<std::vector<DatasetStatus>> List();
  // Finds the file with that digest: one that was sent, or of a directory that was loaded.
  async::Task<absl::StatusOr<std::filesystem::path>> Find(std::string sha256);

  // Reads and checks the dataset; jobs with the same content share it in memory. NotFound,
  // InvalidArgument, DataLoss (a stored file was damaged and is dropped, or cannot be read until it
  // is put again), Unavailable (it is being replaced, or a file cannot be read now). Any thread;
  // blocks.
  absl::StatusOr<std::shared_ptr<const Dataset>> Load(const std::string& name);

 private:
  using SharedDataset = std::shared_ptr<const Dataset>;

  absl::Status CheckStores() const;
  std::optional<DatasetRecord> Stored(const std::string& name) const;
  std::vector<std::string> KnownNames() const;
  DatasetStatus StatusOf(DatasetRecord record) const;
  // Keeps jobs from beginning to use the dataset. FailedPrecondition if one uses it.
  absl::Status BeginChange(const std::string& name);
  void EndChange();
  async::Task<absl::StatusOr<CommittedDataset>> Replace(DatasetRecord record);
  async::Task<> DropFilesOf(std::optional<DatasetRecord> old);
  DatasetSources SourcesOf(const DatasetRecord& record) const;
  // These run on workers.
  absl::Status CheckComplete(const DatasetRecord& record) const;
  absl::StatusOr<DatasetRecord> Measure(DatasetRecord record) const;
  absl::StatusOr<SharedDataset> LoadStored(const DatasetRecord& record) const;
  absl::StatusOr<SharedDataset> LoadDirectory(const std::string& name);
  std::vector<DatasetStatus> ListDirectories();
  SharedDataset Share(SharedDataset dataset);

  async::Clock& clock_;
  async::Workers& workers_;
  const std::optional<std::filesystem::path> data_dir_;
  FileVault* const vault_;
  DatasetLedger& ledger_;
  async::FifoMutex changes_;  // one Commit or Remove at a time
  async::FifoMutex listing_;  // one List at a time, so that it takes no more than one worker
  std::optional<DescribedDirectories> directories_;  // of data_dir_; whoever has listing_
  async::Signal written_;                            // a piece is written
  std::set<std::string> writing_;  // digests of files of which a piece is being written

  // Load runs on workers and only looks things up under the lock.
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::map<std::string, DatasetRecord> stored_;  // keyed by name
  std::string changing_;                         // name of the dataset that Commit or Remove is at
  std::multiset<std::string> loading_;           // names
  std::multimap<std::string, std::weak_ptr<const Dataset>> loaded_;                // by name
  std::map<std::string, std::map<std::string, std::filesystem::path>> by_digest_;  // directories'
};

}  // namespace mlp::coordinator
