#include "services/node/run/shard_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/data/dataset_files.h"
#include "libmlp/data/shard.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"

namespace mlp::node {
namespace {

absl::Status Unusable(const ShardReference& reference, const std::string& why) {
  return absl::FailedPreconditionError(absl::StrCat(reference.path(), ": ", why));
}

// Says of a file that may be the right one that it cannot be read: now, or until somebody mends it.
absl::Status CannotUse(const ShardReference& reference, const absl::Status& error) {
  if (absl::IsResourceExhausted(error)) {
    return absl::UnavailableError(
        absl::StrCat(reference.path(), ": cannot be read now: ", error.message()));
  }
  return Unusable(reference, absl::StrCat("cannot be read: ", error.message()));
}

bool IsUnread(const absl::Status& error) {
  return absl::IsResourceExhausted(error) || absl::IsInternal(error);
}

absl::StatusOr<std::string> ReadBelow(const std::filesystem::path& data_dir,
                                      const ShardReference& reference) {
  const auto path = ResolveBelow(data_dir, reference.path());
  if (absl::IsInvalidArgument(path.status())) return AtField("data", path.status());
  if (IsUnread(path.status())) return CannotUse(reference, path.status());
  if (!path.ok()) return Unusable(reference, "not in this node's data directory");
  auto text = ReadFile(*path);
  if (!text.ok()) return CannotUse(reference, text.status());
  return text;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Shard>> LoadShard(const std::filesystem::path& data_dir,
                                                       const ShardReference& reference) {
  const auto text = ReadBelow(data_dir, reference);
  if (!text.ok()) return text.status();
  const std::string digest = Sha256(*text);
  if (digest != reference.sha256) {
    return Unusable(reference,
                    absl::StrCat("this node's file has SHA-256 ", Hex(digest).substr(0, 12),
                                 "…, the request says ", Hex(reference.sha256).substr(0, 12),
                                 "…; give all machines the same files"));
  }
  return ParseShardFile(*text, reference);
}

absl::StatusOr<std::shared_ptr<const Shard>> ParseShardFile(std::string_view text,
                                                            const ShardReference& reference) {
  auto shard = ParseShard(text, reference.path(), reference.labels);
  if (!shard.ok()) return absl::FailedPreconditionError(shard.status().message());
  return std::make_shared<const Shard>(*std::move(shard));
}

}  // namespace mlp::node
