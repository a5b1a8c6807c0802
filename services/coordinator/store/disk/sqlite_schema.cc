#include "services/coordinator/store/disk/sqlite_schema.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {
namespace {

// AUTOINCREMENT remembers the greatest number that any job ever had.
absl::Status CreateJobs(sqlite::Database& database) {
  return database.Script(R"(
    CREATE TABLE jobs (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      request_id TEXT NOT NULL,
      sequence INTEGER NOT NULL,         -- of the last event that is folded into the job
      validated_round INTEGER NOT NULL,
      message BLOB NOT NULL,             -- mlp.v1.Job
      open_round INTEGER NOT NULL DEFAULT 1,
      ended INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE events (
      job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
      sequence INTEGER NOT NULL,
      message BLOB NOT NULL,             -- mlp.v1.JobEvent
      PRIMARY KEY (job, sequence)
    ) WITHOUT ROWID;
    CREATE TABLE rounds (
      job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
      round INTEGER NOT NULL,
      float64 INTEGER NOT NULL,          -- or float32
      parameters BLOB NOT NULL,
      sha256 BLOB NOT NULL,
      PRIMARY KEY (job, round)
    );
    CREATE TABLE shards (                -- of the open round
      job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
      shard INTEGER NOT NULL,
      float64 INTEGER NOT NULL,
      gradient BLOB NOT NULL,
      sha256 BLOB NOT NULL,
      rows INTEGER NOT NULL,
      wrong_rows INTEGER NOT NULL,
      loss REAL NOT NULL,
      epochs_run INTEGER NOT NULL,
      PRIMARY KEY (job, shard)
    );
    CREATE TABLE models (
      job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
      float64 INTEGER NOT NULL,
      parameters BLOB NOT NULL,
      sha256 BLOB NOT NULL,
      spec BLOB NOT NULL,                -- mlp.v1.ModelSpec
      dataset TEXT NOT NULL
    );
  )");
}

absl::Status AddDatasetsAndDrainedNodes(sqlite::Database& database) {
  return database.Script(R"(
    CREATE TABLE datasets (
      name TEXT PRIMARY KEY,
      training_rows INTEGER NOT NULL,
      validation_rows INTEGER NOT NULL,
      features INTEGER NOT NULL,
      classes INTEGER NOT NULL,
      create_time INTEGER NOT NULL       -- nanoseconds since 1970
    );
    CREATE TABLE dataset_files (
      dataset TEXT NOT NULL REFERENCES datasets ON DELETE CASCADE,
      position INTEGER NOT NULL,         -- 0, 1, 2 …
      name TEXT NOT NULL,
      sha256 BLOB NOT NULL,
      bytes INTEGER NOT NULL,
      PRIMARY KEY (dataset, position)
    ) WITHOUT ROWID;
    CREATE TABLE drained_nodes (name TEXT PRIMARY KEY);
  )");
}

absl::Status AddSchemas(sqlite::Database& database) {
  return database.Script(R"(
    ALTER TABLE datasets ADD COLUMN schema BLOB;  -- mlp.v1.Schema, or NULL
    ALTER TABLE models ADD COLUMN schema BLOB;    -- its dataset's
  )");
}

// The parameters come last, so that the others can be read without them.
absl::Status AddImportedModels(sqlite::Database& database) {
  return database.Script(R"(
    CREATE TABLE imported_models (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      import_time INTEGER NOT NULL,      -- nanoseconds since 1970
      job_id TEXT NOT NULL,
      dataset TEXT NOT NULL,
      spec BLOB NOT NULL,                -- mlp.v1.ModelSpec
      schema BLOB NOT NULL,              -- mlp.v1.Schema, or empty
      float64 INTEGER NOT NULL,          -- or float32
      sha256 BLOB NOT NULL,
      parameters BLOB NOT NULL
    );
  )");
}

// kSteps[i] makes version i + 1 out of version i. A step that was released is never changed.
using Step = absl::Status (*)(sqlite::Database&);
constexpr Step kSteps[] = {CreateJobs, AddDatasetsAndDrainedNodes, AddSchemas, AddImportedModels};
static_assert(std::size(kSteps) == kSchemaVersion);

absl::StatusOr<std::int64_t> Version(sqlite::Database& database) {
  std::int64_t version = 0;
  const absl::Status status =
      database.Query("PRAGMA user_version", {}, [&version](const sqlite::Row& row) {
        version = row.Int(0);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (version >= 0 && version <= kSchemaVersion) return version;
  return absl::FailedPreconditionError(absl::StrCat(
      database.file().string(), " has version ", version, ", this program knows versions up to ",
      kSchemaVersion, ": a later program made it; use that one, or another state directory"));
}

absl::Status Migrate(sqlite::Database& database) {
  const absl::StatusOr<std::int64_t> version = Version(database);
  if (!version.ok()) return version.status();
  for (std::int64_t done = *version; done < kSchemaVersion; ++done) {
    if (absl::Status status = kSteps[done](database); !status.ok()) return status;
  }
  if (*version == kSchemaVersion) return absl::OkStatus();
  return database.Script(absl::StrCat("PRAGMA user_version = ", kSchemaVersion));
}

}  // namespace

absl::Status CheckSchemaVersion(sqlite::Database& database) { return Version(database).status(); }

absl::Status MigrateSchema(sqlite::Database& database) {
  // Usually there is nothing to write.
  const absl::StatusOr<std::int64_t> version = Version(database);
  if (!version.ok() || *version == kSchemaVersion) return version.status();
  return database.Transaction(sqlite::Access::kWrite, [&database] { return Migrate(database); });
}

}  // namespace mlp::coordinator
