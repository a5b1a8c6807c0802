// Reads the tables of sqlite_schema.h into our types.
#pragma once

#include "absl/status/statusor.h"
#include "services/coordinator/store/disk/sqlite.h"
#include "services/coordinator/store/store.h"

namespace mlp::coordinator {

// The same as the methods of Store with these names, whose GetModel finds models of both kinds;
// within a transaction. DataLoss, with the job and the event, round or shard, if a row cannot be
// what was stored.
absl::StatusOr<StoredState> ReadState(sqlite::Database& database);
absl::StatusOr<std::vector<JobEvent>> ReadEvents(sqlite::Database& database,
                                                 const std::string& job_id, std::int64_t from,
                                                 std::size_t limit);
absl::StatusOr<std::shared_ptr<const Model>> ReadModel(sqlite::Database& database,
                                                       const std::string& job_id);
absl::StatusOr<std::shared_ptr<const Model>> ReadImportedModel(sqlite::Database& database,
                                                               const std::string& id);
absl::StatusOr<JobProgress> ReadProgress(sqlite::Database& database, const std::string& job_id);

}  // namespace mlp::coordinator
