// Bytes that gzip compressed, whole or as they come in.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libmlp/data/row_blocks.h"

namespace mlp::cli {

// By the first byte, which no text has.
bool LooksLikeGzip(std::string_view bytes);

// What `source` gives; where that begins as gzip's files do, what was compressed. Several members
// are what they hold one after the other. InvalidArgument, after `name` and the number of the byte:
// damaged, cut off, or followed by something else.
RowBlocks::Source Unpacked(RowBlocks::Source source, std::string name);

// The same of all bytes at once, which must be compressed ones. InvalidArgument also where they
// hold more than kMaxFileBytes.
absl::StatusOr<std::string> Gunzip(std::string_view bytes, const std::string& name);

}  // namespace mlp::cli
