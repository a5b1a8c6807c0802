#include "test/cli/timeline/timeline_recording.h"

#include <google/protobuf/util/json_util.h>

#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "cli/timeline/words.h"

namespace mlp::cli::timeline {
namespace {

std::string PhaseText(const Timeline& timeline, const Phase& phase) {
  const auto ms = [&](Time time) {
    return absl::StrCat(std::chrono::duration<double, std::milli>(time - timeline.begin).count());
  };
  return absl::StrCat(WordsOf(phase.kind).name, " ", ms(phase.begin), "-", ms(phase.end));
}

}  // namespace

Recording& Recording::At(int milliseconds, const std::string& body, int round) {
  v1::JobEvent event;
  if (!google::protobuf::util::JsonStringToMessage("{" + body + "}", &event).ok()) {
    throw std::runtime_error("not valid: " + body);
  }
  event.set_sequence(static_cast<std::int64_t>(events_.size()) + 1);
  event.mutable_time()->set_seconds(1700000000 + milliseconds / 1000);
  event.mutable_time()->set_nanos(milliseconds % 1000 * 1000000);
  event.set_round(round);
  events_.push_back(std::move(event));
  return *this;
}

Recording EventfulRound(const std::string& policy) {
  const auto about = [](int attempt, int shard, const char* node) {
    return absl::StrCat("\"attempt\": ", attempt, ", \"shard\": ", shard, ", \"node\": \"", node,
                        "\"");
  };
  Recording recording;
  recording.At(0, "\"schedulingBegan\": {\"policy\": \"" + policy + "\", \"hedging\": true}", 0)
      .At(0, R"("nodeJoined": {"node": "a", "number": 0, "loadProbability": 0.5,
                               "loadDelay": "0.050s"})",
          0)
      .At(0, R"("nodeJoined": {"node": "b", "number": 1})", 0)
      .At(0, R"("roundStarted": {"shards": 4})")
      .At(0, "\"attemptDispatched\": {" + about(1, 0, "a") + ", \"reason\": \"a is free\"}")
      .At(0, "\"attemptDispatched\": {" + about(2, 1, "a") + ", \"reason\": \"a is free\"}")
      .At(0, "\"attemptDispatched\": {" + about(3, 2, "b") + ", \"reason\": \"b is free\"}")
      .At(1, "\"attemptAccepted\": {" + about(1, 0, "a") + "}")
      .At(2, "\"attemptAccepted\": {" + about(2, 1, "a") + "}")
      .At(2, "\"attemptRejected\": {" + about(3, 2, "b") + ", \"reason\": \"load\"}")
      .At(3, "\"attemptStarted\": {" + about(1, 0, "a") + "}")
      .At(12, "\"attemptDispatched\": {" + about(4, 1, "b") +
                  ", \"reason\": \"2 has not started\", \"hedgeOf\": 2, \"nodeNumber\": 1}")
      .At(13, "\"attemptAccepted\": {" + about(4, 1, "b") + "}")
      .At(14, "\"attemptStarted\": {" + about(4, 1, "b") + "}")
      .At(14, "\"attemptCancelled\": {" + about(2, 1, "a") + ", \"reason\": \"4 has started\"}")
      .At(16, "\"attemptReleased\": {" + about(2, 1, "a") + "}")
      .At(20, "\"attemptFinished\": {" + about(1, 0, "a") + ", \"computeTime\": \"0.010s\"}")
      .At(24, "\"attemptFinished\": {" + about(4, 1, "b") +
                  ", \"computeTime\": \"0.008s\", \"loadTime\": \"0.001s\"}")
      .At(30, "\"attemptDispatched\": {" + about(5, 2, "a") + ", \"offer\": 1}")
      .At(31, "\"attemptAccepted\": {" + about(5, 2, "a") + "}")
      .At(90, "\"attemptStarted\": {" + about(5, 2, "a") +
                  ", \"queuedFor\": \"0.005s\", \"heldUpFor\": \"0.050s\"}")
      .At(100, "\"attemptFailed\": {" + about(5, 2, "a") + ", \"reason\": \"a is gone\"}")
      .At(100, R"("nodeLeft": {"node": "a", "reason": "gone"})", 0)
      .At(110, "\"attemptDispatched\": {" + about(6, 2, "b") + ", \"nodeNumber\": 1}")
      .At(111, "\"attemptAccepted\": {" + about(6, 2, "b") + "}")
      .At(112, "\"attemptStarted\": {" + about(6, 2, "b") + "}")
      .At(140, "\"attemptFinished\": {" + about(6, 2, "b") + ", \"computeTime\": \"0.020s\"}")
      .At(150, R"("roundFinished": {"trainingError": 0.5})")
      .At(200, R"("roundValidated": {"validation": {"error": 0.25}})");
  return recording;
}

std::string PhasesText(const Timeline& timeline, const Attempt& attempt) {
  std::string text;
  for (const Phase& phase : attempt.phases) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", PhaseText(timeline, phase));
  }
  return text;
}

std::string SpansText(const Timeline& timeline, const Row& row) {
  std::string text;
  for (const Span& span : row.spans) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", PhaseText(timeline, span.phase));
  }
  return text;
}

}  // namespace mlp::cli::timeline
