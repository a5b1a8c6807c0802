// A Store in a state directory: an SQLite database, `coordinator.db`, with a write-ahead log.
//
// When Commit returns OK, its changes are in the log, in the hands of the operating system
// (synchronous=NORMAL), and on the disk after the next Sync. A commit that failed leaves nothing
// behind, and as soon as there is room or the disk can be written again, commits succeed again; a
// connection that was disturbed is opened anew for that. Pages of removed rows are used again; the
// file does not shrink. One connection writes, another one reads beside it, a third one syncs.
//
// The directory is locked (state_lock.h) until the store is destroyed.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

#include "services/coordinator/store/disk/sqlite.h"
#include "services/coordinator/store/disk/state_lock.h"
#include "services/coordinator/store/store.h"

namespace mlp::coordinator {

class SqliteStore final : public Store {
 public:
  // Makes the directory and the database if they are missing; migrates tables of an earlier version
  // to this one's. FailedPrecondition if another coordinator has the directory, or a later version
  // wrote it. DataLoss if the file is no such database. ResourceExhausted, Unavailable if it cannot
  // be written.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(
      const std::filesystem::path& state_directory);

  absl::StatusOr<StoredState> Load() override;
  absl::Status Commit(const std::vector<Change>& changes) override;
  absl::Status Sync() override;
  absl::StatusOr<std::vector<JobEvent>> Events(const std::string& job_id, std::int64_t from,
                                               std::size_t limit) override;
  absl::StatusOr<std::shared_ptr<const Model>> GetModel(const std::string& id) override;
  absl::StatusOr<JobProgress> GetProgress(const std::string& job_id) override;

 private:
  struct Connection {
    std::mutex mutex;
    // Guarded by mutex:
    sqlite::Database database;
    bool disturbed = false;  // an error disturbed it; to be opened anew
  };

  SqliteStore(StateLock lock, sqlite::Database writer, sqlite::Database reader,
              sqlite::Database syncer)
      : lock_(std::move(lock)),
        writer_{{}, std::move(writer)},
        reader_{{}, std::move(reader)},
        syncer_{{}, std::move(syncer)} {}

  // Calls `use` with that connection, which is opened anew if it was disturbed.
  static absl::Status Use(Connection& connection,
                          const std::function<absl::Status(sqlite::Database&)>& use);
  // Runs `body` in a transaction of that connection.
  static absl::Status Transaction(Connection& connection, sqlite::Access access,
                                  const std::function<absl::Status(sqlite::Database&)>& body);

  template <class T>
  absl::StatusOr<T> Read(const std::function<absl::StatusOr<T>(sqlite::Database&)>& read);

  StateLock lock_;  // released last
  Connection writer_;
  Connection reader_;
  Connection syncer_;
  bool sync_failed_ = false;  // the last sync did; guarded by syncer_.mutex
};

}  // namespace mlp::coordinator
