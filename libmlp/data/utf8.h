// Whether bytes are text in UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace mlp {

// Index of the first byte that does not begin a character, or npos. What RFC 3629 forbids (longer
// forms than needed, surrogates, what is beyond U+10FFFF) is none.
std::size_t FirstBadUtf8(std::string_view text);

}  // namespace mlp
