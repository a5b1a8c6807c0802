#include "services/coordinator/store/disk/sqlite_store.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/coordinator/store/disk/sqlite_changes.h"
#include "services/coordinator/store/disk/sqlite_reads.h"
#include "services/coordinator/store/disk/sqlite_schema.h"
#include "services/coordinator/store/disk/sync_directory.h"

namespace mlp::coordinator {
namespace {

using sqlite::Database;
using sqlite::Row;

absl::Status SetLogMode(Database& database) {
  std::string mode;
  const absl::Status status = database.Query("PRAGMA journal_mode = WAL", {}, [&](const Row& row) {
    mode = row.String(0);
    return absl::OkStatus();
  });
  if (!status.ok() || mode == "wal") return status;
  return absl::UnavailableError(absl::StrCat(
      database.file().string(),
      " cannot have a write-ahead log where it is; choose a state directory on a local disk"));
}

absl::StatusOr<Database> Connect(const std::filesystem::path& file, sqlite::Create create) {
  absl::StatusOr<Database> database = Database::Open(file, create);
  if (!database.ok()) return database.status();
  // Commits do not wait for the disk; copying from the log into the database does. The log is cut
  // back to this size once all of it is in the database.
  if (absl::Status status = database->Script("PRAGMA synchronous = NORMAL;"
                                             "PRAGMA foreign_keys = ON;"
                                             "PRAGMA journal_size_limit = 16777216");
      !status.ok()) {
    return status;
  }
  return database;
}

// True if the error may have disturbed the connection, false if the disk is full or a change wrong.
bool Disturbs(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDataLoss(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(
    const std::filesystem::path& state_directory) {
  absl::StatusOr<StateLock> lock = StateLock::Take(state_directory);
  if (!lock.ok()) return lock.status();
  const std::filesystem::path file = state_directory / "coordinator.db";
  absl::StatusOr<Database> writer = Connect(file, sqlite::Create::kYes);
  if (!writer.ok()) return writer.status();
  // The version is checked before anything in the file is changed: a later version may have made
  // it.
  if (absl::Status status = CheckSchemaVersion(*writer); !status.ok()) return status;
  if (absl::Status status = SetLogMode(*writer); !status.ok()) return status;
  if (absl::Status status = MigrateSchema(*writer); !status.ok()) return status;
  absl::StatusOr<Database> reader = Connect(file, sqlite::Create::kNo);
  if (!reader.ok()) return reader.status();
  absl::StatusOr<Database> syncer = Connect(file, sqlite::Create::kNo);
  if (!syncer.ok()) return syncer.status();
  if (!SyncDirectory(state_directory)) {
    return absl::UnavailableError(
        absl::StrCat("cannot sync ", state_directory.string(), ": ", std::strerror(errno)));
  }
  return std::unique_ptr<SqliteStore>(new SqliteStore(*std::move(lock), *std::move(writer),
                                                      *std::move(reader), *std::move(syncer)));
}

absl::Status SqliteStore::Use(Connection& connection,
                              const std::function<absl::Status(Database&)>& use) {
  const std::lock_guard lock(connection.mutex);
  if (connection.disturbed) {
    // The old connection is closed only when the new one is open: while any connection is open,
    // SQLite remembers which part of the log counts, and a commit that failed cannot come back from
    // the log.
    absl::StatusOr<Database> again = Connect(connection.database.file(), sqlite::Create::kNo);
    if (!again.ok()) return again.status();
    connection.database = *std::move(again);
    connection.disturbed = false;
  }
  absl::Status status = use(connection.database);
  connection.disturbed = Disturbs(status);
  return status;
}

absl::Status SqliteStore::Transaction(Connection& connection, sqlite::Access access,
                                      const std::function<absl::Status(Database&)>& body) {
  return Use(connection, [&](Database& database) {
    return database.Transaction(access, [&] { return body(database); });
  });
}

absl::Status SqliteStore::Commit(const std::vector<Change>& changes) {
  return Transaction(writer_, sqlite::Access::kWrite, [&](Database& database) {
    for (const Change& change : changes) {
      if (absl::Status status = ApplyChange(database, change); !status.ok()) return status;
    }
    return absl::OkStatus();
  });
}

absl::Status SqliteStore::Sync() {
  return Use(syncer_, [this](Database& database) {
    // A system that has failed to write a page may take it for written the next time. The page is
    // still in memory: written to another place, it is safe.
    const absl::Status status = sync_failed_ ? database.Checkpoint() : database.SyncLog();
    sync_failed_ = !status.ok();
    return status;
  });
}

template <class T>
absl::StatusOr<T> SqliteStore::Read(const std::function<absl::StatusOr<T>(Database&)>& read) {
  absl::StatusOr<T> result;
  const absl::Status status = Transaction(reader_, sqlite::Access::kRead, [&](Database& database) {
    result = read(database);
    return result.status();
  });
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<StoredState> SqliteStore::Load() { return Read<StoredState>(ReadState); }

absl::StatusOr<std::vector<JobEvent>> SqliteStore::Events(const std::string& job_id,
                                                          std::int64_t from, std::size_t limit) {
  return Read<std::vector<JobEvent>>(
      [&](Database& database) { return ReadEvents(database, job_id, from, limit); });
}

absl::StatusOr<std::shared_ptr<const Model>> SqliteStore::GetModel(const std::string& id) {
  return Read<std::shared_ptr<const Model>>([&](Database& database) {
    auto imported = ReadImportedModel(database, id);
    if (!imported.ok() || *imported != nullptr) return imported;
    return ReadModel(database, id);
  });
}

absl::StatusOr<JobProgress> SqliteStore::GetProgress(const std::string& job_id) {
  return Read<JobProgress>([&](Database& database) { return ReadProgress(database, job_id); });
}

}  // namespace mlp::coordinator
