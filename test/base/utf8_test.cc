#include "services/base/utf8.h"

#include <catch2/catch.hpp>

using mlp::FirstCharacter;
using mlp::IsUtf8;

TEST_CASE("characters of one to four bytes are read") {
  CHECK(FirstCharacter("ab").code == U'a');
  CHECK(FirstCharacter("é!").code == U'é');
  CHECK(FirstCharacter("中").code == U'中');
  CHECK(FirstCharacter("\U0001f600x").bytes == 4);
  CHECK(FirstCharacter("\xf4\x8f\xbf\xbf").code == 0x10ffff);
}

TEST_CASE("what RFC 3629 forbids is no character") {
  CHECK(FirstCharacter("").bytes == 0);
  for (const char* text :
       {"\xff", "\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xe4\xb8", "\xc3(", "caf\xe9"}) {
    CHECK_FALSE(IsUtf8(text));
  }
  CHECK(IsUtf8("café 中 \U0001f600"));
  CHECK(IsUtf8(""));
}
