// SQLite databases with errors as values. One thread at a time may use a Database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace mlp::coordinator::sqlite {

// A value for a `?` of a statement. Text and bytes must live until the call returns.
using Blob = std::span<const std::byte>;
using Value = std::variant<std::int64_t, double, std::string_view, Blob>;

inline Blob BlobOf(std::string_view bytes) { return std::as_bytes(std::span(bytes)); }

// A row that a statement found; valid during the call that gets it. Columns count from 0.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}

  std::int64_t Int(int column) const;
  double Double(int column) const;
  // Returns text or a blob; valid as long as the row.
  std::string_view Bytes(int column) const;
  std::string String(int column) const { return std::string(Bytes(column)); }

 private:
  sqlite3_stmt* statement_;
};

// Says whether the file may be made if it is missing.
enum class Create : bool { kNo, kYes };

// The purpose of a transaction. One that writes takes the lock at once: it cannot fail halfway
// because another one was quicker.
enum class Access : bool { kRead, kWrite };

// A connection. Errors name the file and say what to do: ResourceExhausted (no room), Unavailable
// (cannot read, write or lock it now), DataLoss (damaged), Internal (a wrong statement).
class Database {
 public:
  // `file` is a path whatever it begins with ("file:").
  static absl::StatusOr<Database> Open(const std::filesystem::path& file, Create create);

  const std::filesystem::path& file() const { return file_; }

  // Runs one statement to its end. `sql` is a literal: it is prepared once and kept.
  absl::Status Run(std::string_view sql, std::initializer_list<Value> values = {});
  // The same; calls `each` with every row until it returns an error, which is then the result.
  absl::Status Query(std::string_view sql, std::initializer_list<Value> values,
                     const std::function<absl::Status(const Row&)>& each);
  // Runs several statements without values.
  absl::Status Script(const std::string& sql);

  // Returns when all that was committed so far, by any connection, has reached the disk.
  absl::Status SyncLog();
  // Copies all of the log into the database and waits for the disk.
  absl::Status Checkpoint();

  // Runs `body`, then commits; if anything fails, it leaves everything as it was. `body` reads the
  // state of one moment.
  absl::Status Transaction(Access access, const std::function<absl::Status()>& body);

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  Database(sqlite3* connection, const std::filesystem::path& file)
      : file_(file), connection_(connection) {}
  absl::Status Error() const;  // the last call's error
  absl::StatusOr<sqlite3_stmt*> Prepare(std::string_view sql);

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> connection_;
  std::map<std::string_view, Statement> statements_;  // finalised before the connection is closed
};

}  // namespace mlp::coordinator::sqlite
