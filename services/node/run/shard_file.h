// Reads a shard from the node's data directory. Blocks, so call it on workers. Re-entrant.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/attempt/train_task.h"

namespace mlp {
struct Shard;
}  // namespace mlp

namespace mlp::node {

// Reads, checks and parses the file. InvalidArgument, with the field, if the names lead outside
// `data_dir`. FailedPrecondition if the file is not there, cannot be read for a reason that lasts
// (see CannotRead), has another digest (it says both) or is no shard. Unavailable if it is there
// and cannot be read now. Errors give the path below `data_dir`.
absl::StatusOr<std::shared_ptr<const Shard>> LoadShard(const std::filesystem::path& data_dir,
                                                       const ShardReference& reference);

// Parses the bytes of the file that `reference` means, which have its digest. FailedPrecondition if
// they are no shard.
absl::StatusOr<std::shared_ptr<const Shard>> ParseShardFile(std::string_view text,
                                                            const ShardReference& reference);

}  // namespace mlp::node
