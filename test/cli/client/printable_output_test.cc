#include "cli/client/printable_output.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "cli/client/output.h"

namespace mlp::cli {
namespace {

TEST_CASE("a guarded stream prints text as lines without control, and the client's own control") {
  std::ostringstream out;
  {
    const PrintableOutput guard(out);
    out << "label\x1b[2J, to predict: " << 1.5 << '\t' << "中\n";
    out << kClearLine << "status \x1b[K" << std::flush;
  }
  CHECK(out.str() == "label\\x1b[2J, to predict: 1.5\t中\n\r\x1b[Kstatus \\x1b[K");
}

TEST_CASE("a character that comes in two pieces is one character on a guarded stream") {
  std::ostringstream out;
  {
    const PrintableOutput guard(out);
    out << "\xe4"
        << "\xb8"
        << "\xad" << '\xc3' << '\xa9' << "\xe4\xb8" << std::flush << "x\xc3";
  }
  CHECK(out.str() == "中é\\xe4\\xb8x\\xc3");
}

TEST_CASE("a stream is as before when its guard has ended") {
  std::ostringstream out;
  { const PrintableOutput guard(out); }
  out << "\x1b";
  CHECK(out.str() == "\x1b");
}

TEST_CASE("colours pass a guard, and colours in a text do not") {
  std::ostringstream out, err;
  {
    const PrintableOutput guard(out);
    const Terminal terminal{out, err, true, true};
    out << Coloured{terminal, Colour::kRed, "red \x1b[32m"};
  }
  CHECK(out.str() == "\x1b[31mred \\x1b[32m\x1b[0m");
}

}  // namespace
}  // namespace mlp::cli
