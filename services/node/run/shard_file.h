// Reading a shard from the node's data directory. Blocks: for worker threads. Re-entrant.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/data/label.h"
#include "libmlp/model/model_spec.h"

namespace mlp {
struct Shard;
}  // namespace mlp

namespace mlp::node {

struct ShardReference {
  std::string dataset;  // directory below the data directory
  std::string file;     // name in it
  std::string sha256;   // 32 bytes: the digest of the file
  LabelKind labels = LabelKind::kClass;

  // What tells the parsed shard from others: the same file may be read both ways.
  std::string parsed_as() const { return labels == LabelKind::kClass ? sha256 : sha256 + "#"; }
  std::string path() const { return dataset + "/" + file; }
};

// How a model reads the last column.
inline LabelKind LabelKindOf(const ModelSpec& model) {
  return model.regression() ? LabelKind::kNumber : LabelKind::kClass;
}

// Reads, checks and parses the file. InvalidArgument, with the field, where the names lead outside
// `data_dir`. FailedPrecondition where the file is not there, has another digest (both are told) or
// is no shard. Errors give the path below `data_dir`.
absl::StatusOr<std::shared_ptr<const Shard>> LoadShard(const std::filesystem::path& data_dir,
                                                       const ShardReference& reference);

// Parses the bytes of the file that `reference` means, which have its digest. FailedPrecondition
// where they are no shard.
absl::StatusOr<std::shared_ptr<const Shard>> ParseShardFile(std::string_view text,
                                                            const ShardReference& reference);

}  // namespace mlp::node
