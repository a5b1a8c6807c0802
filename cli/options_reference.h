// All commands and options as a page in Markdown: the same words as --help, from the same place.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace mlp::cli {

// The page of `app` and the commands below it, without those that help hides. A description that
// ends in brackets has the default in them.
std::string OptionsReference(const CLI::App& app);

}  // namespace mlp::cli
