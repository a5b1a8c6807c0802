// Debian builds Abseil with a string_view of its own, so texts are handed over explicitly.
#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace mlp {

inline absl::string_view AbslView(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace mlp
