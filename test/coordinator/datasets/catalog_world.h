// A catalog of datasets in virtual time, for tests, with its state and data directories.
#pragma once

#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/async/wait.h"
#include "services/base/sha256.h"
#include "services/coordinator/datasets/dataset_catalog.h"
#include "test/coordinator/datasets/dataset_files.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {

// Remembers in memory; fails, or waits, when it is told to.
class FakeLedger final : public DatasetLedger {
 public:
  explicit FakeLedger(async::Clock& clock) : released_(clock) {}

  async::Task<absl::Status> Save(DatasetRecord dataset) override {
    while (held) co_await released_.Wait();
    if (!failure.ok()) co_return failure;
    saved[dataset.name] = std::move(dataset);
    co_return absl::OkStatus();
  }
  async::Task<absl::Status> Remove(std::string name) override {
    if (!failure.ok()) co_return failure;
    saved.erase(name);
    co_return absl::OkStatus();
  }
  std::vector<std::string> UsersOf(const std::string& dataset) const override {
    return used_by.contains(dataset) ? used_by.at(dataset) : std::vector<std::string>();
  }
  void Release() {
    held = false;
    released_.Notify();
  }

  std::map<std::string, DatasetRecord> saved;
  std::map<std::string, std::vector<std::string>> used_by;  // ids of jobs, by dataset
  absl::Status failure;
  bool held = false;

 private:
  async::Signal released_;
};

struct CatalogWorld {
  CatalogWorld() { Restart(); }

  // The catalog as it is after the coordinator was started again.
  void Restart() {
    std::vector<DatasetRecord> stored;
    for (const auto& [name, record] : ledger.saved) stored.push_back(record);
    catalog.reset();
    catalog =
        std::make_unique<DatasetCatalog>(clock, workers, data_dir, vault.get(), ledger, stored);
  }

  template <class T>
  T Await(async::Task<T> task) {
    std::optional<T> result;
    tasks.Spawn(Note(std::move(task), result));
    clock.RunAll();
    return *std::move(result);
  }
  template <class T>
  static async::Task<> Note(async::Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }

  absl::StatusOr<std::int64_t> Send(const std::string& text) {
    FilePiece piece;
    piece.sha256 = Sha256(text);
    piece.bytes = static_cast<std::int64_t>(text.size());
    piece.data = text;
    return Await(catalog->Write(std::move(piece)));
  }
  absl::StatusOr<DatasetStatus> Commit(const std::string& name, const Texts& texts) {
    auto committed = Await(catalog->Commit(name, InOrder(FilesOf(texts)).value()));
    if (!committed.ok()) return committed.status();
    return std::move(committed->status);
  }
  absl::StatusOr<DatasetStatus> Put(const std::string& name, const Texts& texts) {
    for (const auto& [file, text] : texts) Send(text).value();
    return Commit(name, texts);
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const DatasetStatus& status : Await(catalog->List())) names.push_back(status.record.name);
    return names;
  }
  std::size_t FilesStored() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(state.path() / "files"),
                      std::filesystem::directory_iterator()));
  }
  // A directory below the data directory.
  void MakeDirectory(const std::string& name, const Texts& texts) {
    for (const auto& [file, text] : texts) data.Write(std::filesystem::path(name) / file, text);
  }

  const test::Scratch state;
  const test::Scratch data;
  const std::filesystem::path data_dir = data.path();
  async::VirtualClock clock;
  async::InlineWorkers workers{clock};
  std::unique_ptr<FileVault> vault = FileVault::Open(state.path()).value();
  FakeLedger ledger{clock};
  async::TaskGroup tasks;
  std::unique_ptr<DatasetCatalog> catalog;
};

}  // namespace mlp::coordinator
