#include "services/coordinator/store/disk/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "services/coordinator/store/disk/no_room.h"

namespace mlp::coordinator::sqlite {
namespace {

// Time to wait for an operator's tool that holds the file for a moment.
constexpr int kBusyTimeoutMs = 1000;

int Bind(sqlite3_stmt* statement, int index, const Value& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int index;
    int operator()(std::int64_t number) { return sqlite3_bind_int64(statement, index, number); }
    int operator()(double number) { return sqlite3_bind_double(statement, index, number); }
    int operator()(std::string_view text) {
      // A null pointer would make it NULL.
      return sqlite3_bind_text64(statement, index, text.empty() ? "" : text.data(), text.size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    }
    int operator()(Blob blob) {
      if (blob.empty()) return sqlite3_bind_zeroblob(statement, index, 0);
      return sqlite3_bind_blob64(statement, index, blob.data(), blob.size(), SQLITE_STATIC);
    }
  };
  return std::visit(Binder{statement, index}, value);
}

// Makes a prepared statement ready for its next use, whether or not this one succeeded.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

bool SaysNoRoom(int code, int system_error) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  // SQLite does not say why it could not enlarge the file that connections share.
  if (code == SQLITE_IOERR_SHMSIZE) return true;
  return IsNoRoom(system_error);
}

// Returns the error of the system call that failed; 0 if none did, or none is known.
int SystemError(sqlite3* connection, int code) {
  const int primary = code & 0xff;
  // The connection has the system error of an earlier failure otherwise.
  if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN) return 0;
  const int kept = sqlite3_system_errno(connection);
  // SQLite keeps none of those that a statement meets, and tells no room apart from a broken disk
  // by ENOSPC alone. What it does after the failure leaves errno as it is.
  return kept == 0 && IsNoRoom(errno) ? errno : kept;
}

}  // namespace

std::int64_t Row::Int(int column) const { return sqlite3_column_int64(statement_, column); }
double Row::Double(int column) const { return sqlite3_column_double(statement_, column); }
std::string_view Row::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), size);
}

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
void Database::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

absl::StatusOr<Database> Database::Open(const std::filesystem::path& file, Create create) {
  sqlite3* connection = nullptr;
  const int create_flag = create == Create::kYes ? SQLITE_OPEN_CREATE : 0;
  // SQLite takes a name that begins with "file:" for a URI, and ":memory:" for no file at all.
  const std::filesystem::path path = file.is_absolute() ? file : "." / file;
  const int code = sqlite3_open_v2(
      path.c_str(), &connection,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | create_flag, nullptr);
  if (connection == nullptr) return absl::UnavailableError("no memory for a database");
  Database database(connection, file);
  if (code != SQLITE_OK) return database.Error();
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  return database;
}

absl::Status Database::Run(std::string_view sql, std::initializer_list<Value> values) {
  return Query(sql, values, [](const Row&) { return absl::OkStatus(); });
}

absl::Status Database::Query(std::string_view sql, std::initializer_list<Value> values,
                             const std::function<absl::Status(const Row&)>& each) {
  const absl::StatusOr<sqlite3_stmt*> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const Reset reset{*statement};
  int index = 0;
  for (const Value& value : values) {
    if (Bind(*statement, ++index, value) != SQLITE_OK) return Error();
  }
  errno = 0;  // for SystemError
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(*statement)) == SQLITE_ROW) {
    if (absl::Status status = each(Row(*statement)); !status.ok()) return status;
  }
  return code == SQLITE_DONE ? absl::OkStatus() : Error();
}

absl::Status Database::Script(const std::string& sql) {
  errno = 0;  // for SystemError
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error();
}

absl::Status Database::SyncLog() {
  // Makes sure that this connection has the log open.
  absl::Status status = Run("SELECT count(*) FROM sqlite_schema");
  if (!status.ok()) return status;
  sqlite3_file* log = nullptr;
  sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                       static_cast<void*>(&log));
  if (log == nullptr || log->pMethods == nullptr) {
    return absl::InternalError(absl::StrCat(file_.string(), " has no log to sync"));
  }
  if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) == SQLITE_OK) return absl::OkStatus();
  const int error = errno;
  const std::string what = absl::StrCat("cannot sync the log of ", file_.string(), ": ",
                                        std::generic_category().message(error));
  // Some file systems look for room only now.
  if (IsNoRoom(error)) {
    return absl::ResourceExhaustedError(what + "; free some space, and it goes on by itself");
  }
  return absl::UnavailableError(what + "; see to the disk, and it goes on by itself");
}

absl::Status Database::Checkpoint() {
  bool busy = false;
  const absl::Status status = Query("PRAGMA wal_checkpoint(FULL)", {}, [&busy](const Row& row) {
    busy = row.Int(0) != 0;
    return absl::OkStatus();
  });
  if (!status.ok() || !busy) return status;
  return absl::UnavailableError(absl::StrCat(file_.string(), " is busy; it is tried again"));
}

absl::Status Database::Transaction(Access access, const std::function<absl::Status()>& body) {
  absl::Status status = Run(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
  if (status.ok()) status = body();
  if (status.ok()) status = Run("COMMIT");
  // Some errors have rolled it back already. The first error is the one to return.
  if (!status.ok() && sqlite3_get_autocommit(connection_.get()) == 0) Run("ROLLBACK").IgnoreError();
  return status;
}

absl::StatusOr<sqlite3_stmt*> Database::Prepare(std::string_view sql) {
  Statement& statement = statements_[sql];
  if (statement != nullptr) return statement.get();
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (code != SQLITE_OK) return Error();
  statement.reset(prepared);
  return prepared;
}

absl::Status Database::Error() const {
  const int code = sqlite3_extended_errcode(connection_.get());
  const int system_error = SystemError(connection_.get(), code);
  std::string what = sqlite3_errmsg(connection_.get());
  if (system_error != 0) {
    absl::StrAppend(&what, ", ", std::generic_category().message(system_error));
  }
  absl::StrAppend(&what, " (SQLite's error ", code, ")");
  if (SaysNoRoom(code, system_error)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no room in ", file_.parent_path().string(), ": ", what,
                     "; free some space, and it goes on by itself"));
  }
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(absl::StrCat(
          file_.string(), " is damaged: ", what,
          "; move it away together with the files beside it that begin with its name, or put a "
          "copy from before in its place"));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
      return absl::UnavailableError(
          absl::StrCat("cannot use ", file_.string(), ": ", what,
                       "; see to the disk and to who may write there, and it goes on by itself"));
    default:
      return absl::InternalError(absl::StrCat(file_.string(), ": ", what));
  }
}

}  // namespace mlp::coordinator::sqlite
