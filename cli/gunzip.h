// Files that gzip compressed.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp::cli {

bool LooksLikeGzip(std::string_view bytes);

// What was compressed; several members are what they hold one after the other. InvalidArgument,
// after `name`: damaged, cut off, followed by something else, or more than kMaxFileBytes.
absl::StatusOr<std::string> Gunzip(std::string_view bytes, const std::string& name);

}  // namespace mlp::cli
