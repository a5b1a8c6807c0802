// Text in UTF-8, character by character.
#pragma once

#include <cstddef>
#include <string_view>

namespace mlp {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: the text begins with no character
};

// Returns the character that `text` begins with. The forms that RFC 3629 forbids (longer ones than
// needed, surrogates, numbers beyond U+10FFFF) and an end in mid-character are none.
Character FirstCharacter(std::string_view text);

// True if all of `text` is characters.
bool IsUtf8(std::string_view text);

}  // namespace mlp
