// Decompresses gzip's bytes, whole or as they come in.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/data/row_blocks.h"

namespace mlp::cli {

// Judges by the first byte, which no text begins with.
bool LooksLikeGzip(std::string_view bytes);

// The bytes of `source`, decompressed if they begin as gzip's files do. Several members give their
// contents one after the other. InvalidArgument, with `name` and the number of the byte, if the
// data is damaged, cut off, or followed by something else.
RowBlocks::Source Unpacked(RowBlocks::Source source, std::string name);

// The same for all bytes at once, which must be compressed ones. Also InvalidArgument if they hold
// more than kMaxFileBytes.
absl::StatusOr<std::string> Gunzip(std::string_view bytes, const std::string& name);

}  // namespace mlp::cli
