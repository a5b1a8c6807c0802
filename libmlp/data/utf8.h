// A check that bytes are text in UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace mlp {

// Index of the first byte that does not begin a character, or npos. The forms that RFC 3629 forbids
// (longer ones than needed, surrogates, numbers beyond U+10FFFF) are no characters.
std::size_t FirstBadUtf8(std::string_view text);

}  // namespace mlp
