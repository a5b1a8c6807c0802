#include "cli/files/path_names.h"

namespace mlp::cli {

namespace fs = std::filesystem;

fs::path WithoutSlash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

std::string StemOf(const fs::path& file) {
  const fs::path stem = file.stem();
  return (file.extension() == ".gz" ? stem.stem() : stem).string();
}

}  // namespace mlp::cli
