// Writes changes of each kind to the tables of sqlite_schema.h.
#pragma once

#include "absl/status/status.h"
#include "services/coordinator/store/disk/sqlite.h"
#include "services/coordinator/store/store.h"

namespace mlp::coordinator {

// Applies one change within a transaction, which the caller rolls back if this fails.
absl::Status ApplyChange(sqlite::Database& database, const Change& change);

}  // namespace mlp::coordinator
