#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <map>
#include <sstream>
#include <utility>

#include "cli/timeline/chrome_trace.h"
#include "cli/timeline/page/html.h"
#include "cli/timeline/records.h"
#include "cli/timeline/table.h"
#include "cli/timeline/timeline.h"
#include "cli/timeline/words.h"
#include "test/cli/timeline/timeline_recording.h"

namespace mlp::cli::timeline {
namespace {

using Catch::Contains;
using google::protobuf::Struct;

Struct ParseJson(const std::string& text) {
  Struct parsed;
  const auto status = google::protobuf::util::JsonStringToMessage(text, &parsed);
  INFO(text.substr(0, 2000));
  REQUIRE(status.ok());
  return parsed;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// A job whose names and reasons break a renderer that does not escape them.
Timeline Hostile() {
  Recording recording;
  recording
      .At(0, R"("attemptDispatched": {"attempt": 1, "node": "<b>\"a\"&",
                     "reason": "</script><!-- , \"quoted\"\n"})")
      .At(5, R"("attemptRejected": {"attempt": 1, "node": "<b>\"a\"&", "reason": "a, b"})");
  Timeline timeline = recording.Build();
  timeline.job = "<job>";
  return timeline;
}

TEST_CASE("the table has a row an attempt and says what they add up to") {
  std::ostringstream out;
  std::ostringstream err;
  PrintTable(Terminal{out, err}, EventfulRound().Build());
  const std::vector<std::string> lines = LinesOf(out.str());
  REQUIRE(lines.size() == 8);
  CHECK_THAT(lines[0], Contains("HELD UP") && Contains("REASON"));
  CHECK_THAT(lines[3], Contains("rejected") && Contains("load"));
  CHECK_THAT(lines[4], Contains("copy of 2") && Contains("finished, won"));
  CHECK_THAT(lines[5], Contains("offer 2") && Contains("50.0 ms") && Contains("a is gone"));
  CHECK(lines[7] ==
        "pull: 1 round on 2 nodes in 200.0 ms; 6 attempts, 1 rejected, 1 failed; 1 second copy, "
        "1 won");
}

TEST_CASE("CSV has a line of headings, a record an attempt and quotes where they are needed") {
  const std::string csv = Csv(EventfulRound().Build());
  const std::vector<std::string> lines = LinesOf(csv);
  REQUIRE(lines.size() == 7);
  CHECK_THAT(lines[0], Catch::StartsWith("round,shard,attempt,node,offer,copy_of,dispatched_ms,"));
  CHECK_THAT(lines[4], Catch::StartsWith("1,1,4,b,0,2,12.000,24.000,"));
  CHECK_THAT(Csv(Hostile()), Contains("\"<b>\"\"a\"\"&\"") && Contains("\"a, b\""));
}

TEST_CASE("JSON lines parse and have null where a number has no meaning") {
  const std::vector<std::string> lines = LinesOf(JsonLines(EventfulRound().Build()));
  REQUIRE(lines.size() == 6);
  const Struct first = ParseJson(lines[0]);
  CHECK(first.fields().at("computing_ms").number_value() == 10);
  CHECK(first.fields().at("copy_of").has_null_value());
  CHECK(ParseJson(lines[3]).fields().at("race").string_value() == "won");
  CHECK(ParseJson(JsonLines(Hostile())).fields().at("node").string_value() == "<b>\"a\"&");
}

TEST_CASE("the reason beside an outcome is the one that it has, in the table and in JSON") {
  Recording recording;
  recording.At(0, R"("attemptDispatched": {"attempt": 1, "node": "a", "reason": "a is free"})")
      .At(0, R"("attemptDispatched": {"attempt": 2, "node": "b", "reason": "b is free"})")
      .At(2, R"("attemptCancelled": {"attempt": 1, "node": "a", "reason": "3 has started"})")
      .At(3, R"("attemptCancelled": {"attempt": 2, "node": "b", "reason": "3 has started"})")
      .At(5, R"("attemptRejected": {"attempt": 1, "node": "a", "reason": "load"})")
      .At(6, R"("attemptReleased": {"attempt": 2, "node": "b"})");
  const Timeline timeline = recording.Build();
  REQUIRE(timeline.attempts.size() == 2);
  CHECK(timeline.attempts[0].outcome == Outcome::kRejected);
  CHECK(WhyText(timeline.attempts[0]) == "load");
  CHECK(timeline.attempts[1].outcome == Outcome::kReleased);
  CHECK(WhyText(timeline.attempts[1]) == "3 has started");
  const std::string lines = JsonLines(timeline);
  const std::size_t first = lines.find('\n');
  CHECK(ParseJson(lines.substr(0, first)).fields().at("ended_because").string_value() == "load");
}

TEST_CASE("the phases of each thread of the Chrome trace add up to the wall time of its lane") {
  const Timeline timeline = EventfulRound().Build();
  const Struct trace = ParseJson(ChromeTrace(timeline));
  std::map<std::pair<double, double>, double> ends;  // by process and thread
  std::map<double, std::string> processes;
  for (const auto& value : trace.fields().at("traceEvents").list_value().values()) {
    const auto& event = value.struct_value().fields();
    const std::string phase = event.at("ph").string_value();
    const double process = event.at("pid").number_value();
    if (event.at("name").string_value() == "process_name") {
      processes[process] = event.at("args").struct_value().fields().at("name").string_value();
    }
    if (phase != "X" || process == 1) continue;
    double& end = ends[{process, event.at("tid").number_value()}];
    CHECK(event.at("ts").number_value() == end);  // no gap, no overlap, from 0 on
    end += event.at("dur").number_value();
  }
  CHECK(processes == std::map<double, std::string>{{1, "rounds"}, {2, "a"}, {3, "b"}});
  REQUIRE(ends.size() == 3);
  for (const auto& [thread, end] : ends) CHECK(end == 200'000);
}

TEST_CASE("the Chrome trace names phases and tells the reasons") {
  const std::string trace = ChromeTrace(EventfulRound().Build());
  CHECK_THAT(trace, Contains("computing (shard 1)") && Contains("\"idle\"") &&
                        Contains("2 has not started") && Contains("validation error"));
  ParseJson(ChromeTrace(Hostile()));
  ParseJson(ChromeTrace(BuildTimeline({})));
}

TEST_CASE("the page needs nothing from the network and escapes what it shows") {
  const std::string page = Html(Hostile());
  CHECK_THAT(page, !Contains("http:") && !Contains("https:") && !Contains("src="));
  CHECK_THAT(page, Contains("Timeline of &lt;job&gt;") && Contains("&lt;b&gt;&quot;a&quot;&amp;"));
  CHECK_THAT(page, !Contains("<b>\"a\"") && !Contains("</script><!--"));
}

TEST_CASE("the page has every attempt, every phase's colour and the legend for it") {
  const std::string page = Html(EventfulRound().Build());
  for (const char* part :
       {"class=\"computing\"", "class=\"held\"", "class=\"rejected\"", "class=\"cancelled\"",
        "class=\"away\"", "class=\"won\"", "class=\"lost\"", "class=\"failed\"", "error-dot",
        "hedge won", "hedge lost", "original lost", "prefers-color-scheme: dark"}) {
    CHECK_THAT(page, Contains(part));
  }
  CHECK_THAT(page, Contains("data-tip=\"5\" data-task=\"1.2\""));
}

TEST_CASE("a job without events still has a page") {
  CHECK_THAT(Html(BuildTimeline({})), Contains("0 rounds on 0 nodes"));
}

TEST_CASE("a job's id and the path of its log are told apart") {
  CHECK_FALSE(NamesJobLog("job-7"));
  CHECK(NamesJobLog("20240531T120000-job-7.jsonl"));
  CHECK(NamesJobLog("logs/job-7"));
}

}  // namespace
}  // namespace mlp::cli::timeline
