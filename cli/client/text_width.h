// The width of text on a terminal. A column is a code point of UTF-8: that is right for the letters
// of most languages, and counts too little for wide characters, such as Chinese ones, and too much
// for marks that combine with the letter before them. Bytes that are no UTF-8 do no harm.
#pragma once

#include <cstddef>
#include <string_view>

namespace mlp::cli {

// The code points of `text`.
std::size_t TextWidth(std::string_view text);

// The bytes of the first `width` code points of `text`, or of all of them if it has fewer. No code
// point is cut.
std::size_t BytesOfWidth(std::string_view text, std::size_t width);

}  // namespace mlp::cli
