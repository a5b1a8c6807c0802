// What each kind of change does to the tables of sqlite_schema.h.
#pragma once

#include "absl/status/status.h"
#include "services/coordinator/store/disk/sqlite.h"
#include "services/coordinator/store/store.h"

namespace mlp::coordinator {

// Within a transaction, which the caller rolls back where this fails.
absl::Status ApplyChange(sqlite::Database& database, const Change& change);

}  // namespace mlp::coordinator
