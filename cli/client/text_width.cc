#include "cli/client/text_width.h"

#include <algorithm>

namespace mlp::cli {
namespace {

// Whether a code point begins with `byte`. Those after the first of a code point are 10xxxxxx.
bool BeginsCodePoint(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

}  // namespace

std::size_t TextWidth(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, BeginsCodePoint));
}

std::size_t BytesOfWidth(std::string_view text, std::size_t width) {
  std::size_t begun = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (BeginsCodePoint(text[i]) && begun++ == width) return i;
  }
  return text.size();
}

}  // namespace mlp::cli
