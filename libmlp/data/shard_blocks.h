// The rows of a shard's text, block by block: numbers take several times the memory of their text.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "libmlp/data/label.h"
#include "libmlp/data/shard.h"

namespace mlp {

// Parses `text` as ParseShard does, some megabytes at a time, and hands each block of rows to `use`
// until there are no more or that fails. Rows of one block have equally many columns. Errors are
// those of ParseShard, with the line of the whole text, and those of `use`. Any thread.
absl::Status ForEachBlock(std::string_view text, std::string_view name, LabelKind kind,
                          absl::FunctionRef<absl::Status(const Shard&)> use);

}  // namespace mlp
