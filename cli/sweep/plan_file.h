// Reads a sweep's plan from a TOML file; docs/running.md lists its keys.
#pragma once

#include <filesystem>
#include <string_view>

#include "absl/status/statusor.h"
#include "cli/sweep/plan.h"

namespace mlp::cli::sweep {

// InvalidArgument "FILE:LINE: KEY: what is wrong" for what is no TOML, for a key that does not
// exist (with the nearest ones that do), a text that its option does not take (with what it takes),
// and for more than kMaxTrials trials. NotFound where the file cannot be read.
absl::StatusOr<Plan> ReadPlan(const std::filesystem::path& file);
// The same of the text of a file that errors call `name`.
absl::StatusOr<Plan> ParsePlan(std::string_view text, std::string_view name);

}  // namespace mlp::cli::sweep
