#include "cli/timeline/table.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/timeline/words.h"

namespace mlp::cli::timeline {
namespace {

std::string SecondsAfterBegin(const Timeline& timeline, Time time) {
  return absl::StrFormat("%.4f", std::chrono::duration<double>(time - timeline.begin).count());
}

std::string Spent(const Attempt& attempt, std::initializer_list<Kind> kinds) {
  Time sum{};
  for (const Kind kind : kinds) sum += TimeIn(attempt, kind);
  return sum < std::chrono::microseconds(50) ? "" : ShortDuration(sum);
}

Colour ColourOf(const Attempt& attempt) {
  switch (attempt.outcome) {
    case Outcome::kFinished:
      return Colour::kGreen;
    case Outcome::kRejected:
    case Outcome::kFailed:
      return Colour::kRed;
    case Outcome::kOpen:
      return Colour::kNone;
    default:
      return Colour::kYellow;
  }
}

AlignedTable::Row RowOf(const Timeline& timeline, const Attempt& attempt) {
  return {absl::StrCat(attempt.round),
          absl::StrCat(attempt.shard),
          absl::StrCat(attempt.id),
          attempt.node,
          WhatText(attempt),
          SecondsAfterBegin(timeline, attempt.dispatched),
          Spent(attempt, {Kind::kQueued}),
          Spent(attempt, {Kind::kHeldUp, Kind::kWaiting}),
          Spent(attempt, {Kind::kComputing}),
          Spent(attempt, {Kind::kSending, Kind::kLoading, Kind::kReturning, Kind::kRejected,
                          Kind::kCancelled}),
          attempt.outcome == Outcome::kOpen ? "" : SecondsAfterBegin(timeline, attempt.end),
          {EndText(attempt), ColourOf(attempt)},
          WhyText(attempt)};
}

}  // namespace

void PrintTable(const Terminal& terminal, const Timeline& timeline) {
  AlignedTable table({"ROUND", "SHARD", "ATTEMPT", "NODE", "WHAT", "AT (S)", "QUEUED", "HELD UP",
                      "COMPUTING", "OTHER", "END (S)", "RESULT", "REASON"});
  for (const Attempt& attempt : timeline.attempts) table.Add(RowOf(timeline, attempt));
  table.Print(terminal);
  terminal.out << Sentence(timeline) << std::endl;
}

}  // namespace mlp::cli::timeline
