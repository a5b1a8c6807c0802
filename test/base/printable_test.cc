#include "services/base/printable.h"

#include <catch2/catch.hpp>
#include <string>

using mlp::Printable;
using mlp::PrintableJson;
using mlp::PrintableLines;

TEST_CASE("what a terminal would obey is written out") {
  CHECK(Printable("\x1b[2J\x1b]0;title\x07") == "\\x1b[2J\\x1b]0;title\\x07");
  CHECK(Printable("a\nb\rc\td") == "a\\nb\\rc\\td");
  CHECK(Printable(std::string("\0\x7f", 2)) == "\\x00\\x7f");
  CHECK(Printable("\u009b31m") == "\\u009b31m");
  CHECK(Printable("caf\xe9 \xc3") == "caf\\xe9 \\xc3");
}

TEST_CASE("characters that reorder or hide text are written out") {
  CHECK(Printable("a\u202egnp.exe") == "a\\u202egnp.exe");
  CHECK(Printable("\u2066\u2069\u200f\u061c") == "\\u2066\\u2069\\u200f\\u061c");
  CHECK(Printable("\u2028\ufeff\u200b\u00ad") == "\\u2028\\ufeff\\u200b\\u00ad");
  CHECK(Printable("\U000e0041") == "\\U000e0041");
}

TEST_CASE("ordinary text of any language stays as it is") {
  for (const std::string text :
       {"plain ~", "é", "中文", "עברית", "می\u200cخواهم", "\U0001f600", "back\\slash \\n", ""}) {
    CHECK(Printable(text) == text);
    CHECK(PrintableLines(text) == text);
    CHECK(PrintableJson(text) == text);
  }
}

TEST_CASE("making text printable twice changes nothing more") {
  const std::string once = Printable("\x1b[1m\n\u202e\xff");
  CHECK(Printable(once) == once);
}

TEST_CASE("printable text has a limit, and no character is cut") {
  CHECK(Printable("abcdef", 4) == "abcd…");
  CHECK(Printable("abcd", 4) == "abcd");
  CHECK(Printable("abé", 3) == "ab…");
  CHECK(Printable("abc\x1b", 5) == "abc…");
  CHECK(Printable(std::string(1'000'000, '\n')).size() <= mlp::kMaxPrintable + 3);
}

TEST_CASE("lines keep their ends and tabs, and nothing else of control") {
  CHECK(PrintableLines("a\tb\n\x1b[K\r\n") == "a\tb\n\\x1b[K\\r\n");
}

TEST_CASE("printable JSON has the same strings") {
  CHECK(PrintableJson("{\n\"a\": \"\u202e\x7f\u009b\"}") == "{\n\"a\": \"\\u202e\\u007f\\u009b\"}");
  CHECK(PrintableJson("\"\U000e0041\"") == "\"\\udb40\\udc41\"");
}
