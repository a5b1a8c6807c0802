#include "cli/client/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <string>

#include "cli/client/screen.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {
namespace {

// StandardTerminal's flags with standard output on `file` and TERM as `term`: "terminal" for tty,
// "colours", "garbles".
std::string FlagsOn(const std::string& file, const char* term) {
  setenv("TERM", term, 1);
  unsetenv("NO_COLOR");
  const int opened = open(file.c_str(), O_RDWR | O_NOCTTY);
  REQUIRE(opened >= 0);
  const int before = dup(STDOUT_FILENO);
  dup2(opened, STDOUT_FILENO);
  const Terminal terminal = StandardTerminal();
  dup2(before, STDOUT_FILENO);
  close(before);
  close(opened);
  return std::string(terminal.tty ? "terminal " : "") + (terminal.colours ? "colours " : "") +
         (terminal.garbles ? "garbles" : "");
}

TEST_CASE("a dumb terminal gets no colours, and no line is drawn again") {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(master >= 0);
  REQUIRE(grantpt(master) == 0);
  REQUIRE(unlockpt(master) == 0);
  const std::string slave = ptsname(master);
  CHECK(FlagsOn(slave, "xterm") == "terminal colours garbles");
  CHECK(FlagsOn(slave, "dumb") == "garbles");
  CHECK(FlagsOn("/dev/null", "xterm").empty());
  close(master);
}

TEST_CASE("a count names one thing or several") {
  CHECK(CountText(0, "epoch") == "0 epochs");
  CHECK(CountText(1, "epoch") == "1 epoch");
  CHECK(CountText(2, "epoch") == "2 epochs");
}

TEST_CASE("durations are as precise as they are short") {
  using namespace std::chrono_literals;
  CHECK(DurationText(0ns) == "0.00 s");
  CHECK(DurationText(1234ms) == "1.23 s");
  CHECK(DurationText(9996ms) == "10.0 s");
  CHECK(DurationText(59949ms) == "59.9 s");
  CHECK(DurationText(59951ms) == "1 min 00 s");
  CHECK(DurationText(125s) == "2 min 05 s");
  CHECK(DurationText(3599600ms) == "1 h 00 min");
  CHECK(DurationText(3h + 7min + 59s) == "3 h 07 min");
}

TEST_CASE("a table is aligned, coloured or not, and has no trailing spaces") {
  AlignedTable table({"JOB", "STATE", "DETAIL"});
  table.Add({"job-10", {"FAILED", Colour::kRed}, ""});
  table.Add({"job-9", "RUNNING", "waits"});
  std::ostringstream plain, coloured, ignored;
  table.Print(Terminal{plain, ignored});
  CHECK(plain.str() ==
        "JOB     STATE    DETAIL\n"
        "job-10  FAILED\n"
        "job-9   RUNNING  waits\n");
  table.Print(Terminal{coloured, ignored, true, true});
  CHECK_THAT(coloured.str(), Catch::Contains("job-10  \x1b[31mFAILED\x1b[0m\n"));
}

TEST_CASE("a table is aligned by its letters, whatever their bytes") {
  AlignedTable table({"CLASS", "ROWS"});
  table.Add({"Äpfel", "1"});
  table.Add({"яблоко", "2"});
  std::ostringstream out, ignored;
  table.Print(Terminal{out, ignored});
  CHECK(out.str() ==
        "CLASS   ROWS\n"
        "Äpfel   1\n"
        "яблоко  2\n");
}

TEST_CASE("a narrow screen shows whole letters, as many as fit") {
  const std::string line = "größer  länger";
  CHECK(FirstParts(line, 14) == line);
  CHECK(FirstParts(line, 13) == "größer");
  CHECK(FirstParts(line, 6) == "größer");
  CHECK(FirstParts(line, 4) == "größ");
  CHECK(FirstParts(line, 3) == "grö");
  CHECK(FirstParts(line, 0).empty());
  CHECK(FirstParts("\xa4\xa4gr\xf6", 2) == "\xa4\xa4gr");  // no UTF-8
}

TEST_CASE("a narrow screen shows whole parts from the left") {
  const std::string line = "round 2/2  shards 1/2  elapsed 8.00 s";
  CHECK(FirstParts(line, line.size()) == line);
  CHECK(FirstParts(line, line.size() - 1) == "round 2/2  shards 1/2");
  CHECK(FirstParts(line, 21) == "round 2/2  shards 1/2");
  CHECK(FirstParts(line, 20) == "round 2/2");
  CHECK(FirstParts(line, 4) == "roun");
}

TEST_CASE("JSON is one line and shows zeros") {
  v1::JobEvent event;
  event.set_sequence(7);
  event.mutable_attempt_accepted()->set_node("a");
  const std::string json = Json(event);
  CHECK_THAT(json, Catch::Contains("\"attemptAccepted\":{") && Catch::Contains("\"shard\":0"));
  CHECK_THAT(json, Catch::Contains("\"sequence\":\"7\"") && !Catch::Contains("\n"));
}

TEST_CASE("times are in UTC and an unset one is a dash") {
  google::protobuf::Timestamp time;
  time.set_seconds(1717156800);
  CHECK(TimeText(&time) == "2024-05-31 12:00:00");
  CHECK(TimeText(nullptr) == "-");
}

TEST_CASE(
    "a status line is drawn again only when what fits of it has changed, and goes at the end") {
  std::ostringstream out, err;
  const Terminal terminal{out, err, /*tty=*/true, /*colours=*/false, /*width=*/16};
  {
    Screen screen(terminal);
    screen.Redraw("round 1  shards 1/11");
    screen.Redraw("round 1  shards 2/11");
    screen.Keep("kept");
    screen.Redraw("round 2  shards 1/11");
  }
  CHECK(out.str() == "\r\x1b[Kround 1\r\x1b[Kkept\n\r\x1b[Kround 2\r\x1b[K");
  std::ostringstream file;
  const Terminal piped{file, err};
  Screen(piped).Redraw("round 1");
  CHECK(file.str().empty());
}

}  // namespace
}  // namespace mlp::cli
