// The tables of a state directory's database, and the migration of a database that an earlier
// version made to this version.
//
// Jobs are protocol messages, so that new fields need no migration, with columns for what the
// messages lack; so are events. Parameters and gradients are bytes as they lie in memory, with
// their SHA-256.
#pragma once

#include "absl/status/status.h"
#include "services/coordinator/store/disk/sqlite.h"

namespace mlp::coordinator {

// The version that this program writes; the file has it as SQLite's user_version.
inline constexpr int kSchemaVersion = 4;

// Checks the file's version. FailedPrecondition, with both versions, if a later program made it.
// Changes nothing.
absl::Status CheckSchemaVersion(sqlite::Database& database);
// Brings a database, also an empty one, to this version, or leaves it as it was. Fails as
// CheckSchemaVersion does.
absl::Status MigrateSchema(sqlite::Database& database);

}  // namespace mlp::coordinator
