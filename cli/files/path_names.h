// Names taken from paths that users give.
#pragma once

#include <filesystem>
#include <string>

namespace mlp::cli {

// `path` without a "/" at its end.
std::filesystem::path WithoutSlash(const std::filesystem::path& path);

// A file's name without its endings: "iris" of "data/iris.csv.gz".
std::string StemOf(const std::filesystem::path& file);

}  // namespace mlp::cli
