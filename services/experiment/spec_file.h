// Reads an experiment from a TOML file; docs/running.md lists its keys.
#pragma once

#include <filesystem>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/experiment/spec.h"

namespace mlp::experiment {

// InvalidArgument "FILE:LINE: KEY: what is wrong" if the text is no TOML, a key does not exist or
// has another type, a number is beyond its limits, or a part of the matrix is empty. NotFound if
// the file cannot be read.
absl::StatusOr<Experiment> ReadExperiment(const std::filesystem::path& file);
// The same for the text of a file that errors call `name`.
absl::StatusOr<Experiment> ParseExperiment(std::string_view text, std::string_view name);

}  // namespace mlp::experiment
