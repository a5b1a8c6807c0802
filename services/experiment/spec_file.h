// Reads an experiment from a TOML file; docs/running.md lists its keys.
#pragma once

#include <filesystem>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/experiment/spec.h"

namespace mlp::experiment {

// InvalidArgument "FILE:LINE: KEY: what is wrong" for what is no TOML, for a key that does not
// exist or has another type, for a number beyond its limits, and where a part of the matrix is
// empty. NotFound where the file cannot be read.
absl::StatusOr<Experiment> ReadExperiment(const std::filesystem::path& file);
// The same of the text of a file that errors call `name`.
absl::StatusOr<Experiment> ParseExperiment(std::string_view text, std::string_view name);

}  // namespace mlp::experiment
