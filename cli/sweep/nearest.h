// Suggestions for a mistyped name. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace mlp::cli::sweep {

// The three of `names` that take the fewest changes of a letter to become `word`, nearest first.
std::vector<std::string_view> Nearest(std::string_view word, std::vector<std::string_view> names);

}  // namespace mlp::cli::sweep
