// The words, moments and durations of a timeline, the same in all its renderings.
#pragma once

#include <string>

#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

struct KindWords {
  const char* name;   // "queued", "held up" …
  const char* style;  // the class of the page that colours it: "queued", "held" …
};
KindWords WordsOf(Kind kind);
// "finished", "finished second", "rejected", "failed", "cancelled", "open".
const char* OutcomeName(Outcome outcome);
// "won", "lost", "undecided"; empty if there was no race.
const char* RaceName(Race race);
// The kind of the offer: "task", "offer 3" (of the same shard to the same node), "copy of 17".
std::string WhatText(const Attempt& attempt);
// The end of the attempt: OutcomeName, and the race if there was one: "cancelled, lost".
std::string EndText(const Attempt& attempt);
// The reason for its outcome: that of its rejection or failure, also if it was cancelled before, or
// else that of its cancellation; may be empty.
std::string EndReason(const Attempt& attempt);
// The reason for its end, or, if the end has none, for its offer; may be empty.
std::string WhyText(const Attempt& attempt);
// "1.234": for machines.
std::string Milliseconds(Time duration);
// "0.043 ms", "12.3 ms", "1.234 s", "2 min 05 s": short enough for a column.
std::string ShortDuration(Time duration);
// "pull: 4 rounds on 4 nodes in 1.234 s; 52 attempts, 5 rejected; 3 second copies, 2 won".
std::string Sentence(const Timeline& timeline);

}  // namespace mlp::cli::timeline
