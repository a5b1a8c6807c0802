#include "cli/timeline/words.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/output.h"

namespace mlp::cli::timeline {
namespace {

std::string Counted(std::size_t count, const char* what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}

}  // namespace

KindWords WordsOf(Kind kind) {
  switch (kind) {
    case Kind::kSending:
      return {"sending", "sending"};
    case Kind::kQueued:
      return {"queued", "queued"};
    case Kind::kHeldUp:
      return {"held up", "held"};
    case Kind::kWaiting:
      return {"queued or held up", "waiting"};
    case Kind::kLoading:
      return {"reading the shard", "loading"};
    case Kind::kComputing:
      return {"computing", "computing"};
    case Kind::kReturning:
      return {"returning", "sending"};
    case Kind::kCancelled:
      return {"cancelled", "cancelled"};
    case Kind::kRejected:
      return {"rejected", "rejected"};
    case Kind::kIdle:
      return {"idle", "idle"};
    case Kind::kAway:
      return {"away", "away"};
  }
  return {"", ""};
}

const char* OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOpen:
      return "open";
    case Outcome::kFinished:
      return "finished";
    case Outcome::kSuperseded:
      return "finished second";
    case Outcome::kRejected:
      return "rejected";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kReleased:
      return "cancelled";
  }
  return "";
}

const char* RaceName(Race race) {
  switch (race) {
    case Race::kNone:
      return "";
    case Race::kWon:
      return "won";
    case Race::kLost:
      return "lost";
    case Race::kOpen:
      return "undecided";
  }
  return "";
}

std::string WhatText(const Attempt& attempt) {
  if (attempt.hedge_of != 0) return absl::StrCat("copy of ", attempt.hedge_of);
  if (attempt.offer > 0) return absl::StrCat("offer ", attempt.offer + 1);
  return "task";
}

std::string EndText(const Attempt& attempt) {
  if (attempt.race == Race::kNone) return OutcomeName(attempt.outcome);
  return absl::StrCat(OutcomeName(attempt.outcome), ", ", RaceName(attempt.race));
}

std::string EndReason(const Attempt& attempt) {
  return attempt.end_reason.empty() ? attempt.cancel_reason : attempt.end_reason;
}

std::string WhyText(const Attempt& attempt) {
  const std::string end_reason = EndReason(attempt);
  return end_reason.empty() ? attempt.reason : end_reason;
}

std::string Milliseconds(Time duration) {
  return absl::StrFormat("%.3f", std::chrono::duration<double, std::milli>(duration).count());
}

std::string ShortDuration(Time duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 99.95e-6) return absl::StrFormat("%.3f ms", seconds * 1e3);
  if (seconds < 0.9995) return absl::StrFormat("%.1f ms", seconds * 1e3);
  if (seconds < 9.9995) return absl::StrFormat("%.3f s", seconds);
  return DurationText(duration);
}

std::string Sentence(const Timeline& timeline) {
  int rejected = 0, failed = 0, copies = 0, won = 0;
  for (const Attempt& attempt : timeline.attempts) {
    rejected += attempt.outcome == Outcome::kRejected;
    failed += attempt.outcome == Outcome::kFailed;
    copies += attempt.hedge_of != 0;
    won += attempt.hedge_of != 0 && attempt.race == Race::kWon;
  }
  std::string text = timeline.policy.empty() ? "" : timeline.policy + ": ";
  absl::StrAppend(&text, Counted(timeline.rounds.size(), "round"), " on ",
                  Counted(timeline.lanes.size(), "node"), " in ",
                  ShortDuration(timeline.end - timeline.begin), "; ",
                  Counted(timeline.attempts.size(), "attempt"));
  if (rejected > 0) absl::StrAppend(&text, ", ", rejected, " rejected");
  if (failed > 0) absl::StrAppend(&text, ", ", failed, " failed");
  if (copies > 0) {
    absl::StrAppend(&text, "; ", copies, copies == 1 ? " second copy, " : " second copies, ", won,
                    " won");
  }
  return text;
}

}  // namespace mlp::cli::timeline
