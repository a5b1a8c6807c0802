// Reads a sweep's plan from a TOML file; docs/running.md lists its keys.
#pragma once

#include <filesystem>
#include <string_view>

#include "absl/status/statusor.h"
#include "cli/sweep/plan.h"

namespace mlp::cli::sweep {

// InvalidArgument "FILE:LINE: KEY: what is wrong" for text that is no TOML, for a key that does not
// exist (with the nearest ones that do), for a text that its option does not take (with what it
// takes), and for more than kMaxTrials trials. NotFound if the file cannot be read.
absl::StatusOr<Plan> ReadPlan(const std::filesystem::path& file);
// The same for the text of a file that errors call `name`.
absl::StatusOr<Plan> ParsePlan(std::string_view text, std::string_view name);

}  // namespace mlp::cli::sweep
