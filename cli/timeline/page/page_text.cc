#include "cli/timeline/page/page_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cli/client/output.h"
#include "cli/timeline/json_text.h"
#include "cli/timeline/words.h"
#include "services/base/printable.h"

namespace mlp::cli::timeline {
namespace {

std::string Moment(const Timeline& timeline, Time time) {
  return absl::StrFormat("%.4f s", std::chrono::duration<double>(time - timeline.begin).count());
}

std::string RaceText(const Timeline& timeline, const Attempt& attempt) {
  const char* who = attempt.hedge_of != 0 ? "second copy" : "original";
  if (attempt.race != Race::kNone) return absl::StrCat(who, ", ", RaceName(attempt.race));
  return timeline.hedging && attempt.hedge_of != 0 ? who : "";
}

}  // namespace

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(
      PrintableLines(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string X(Time time) {
  return absl::StrFormat("%d.%d", time.count() / 1000, time.count() % 1000 / 100);
}

Tip TipOf(const Timeline& timeline, const Attempt& attempt) {
  Tip tip;
  tip.title =
      absl::StrCat("Round ", attempt.round, ", shard ", attempt.shard, ": attempt ", attempt.id);
  const auto add = [&tip](const char* name, const std::string& text) {
    if (!text.empty()) tip.rows.emplace_back(name, text);
  };
  add("node", attempt.node);
  if (attempt.hedge_of != 0) add("copy of", absl::StrCat("attempt ", attempt.hedge_of));
  add("result", OutcomeName(attempt.outcome));
  add("race", RaceText(timeline, attempt));
  add("offered", absl::StrCat("at ", Moment(timeline, attempt.dispatched), ": ", attempt.reason));
  for (const Phase& phase : attempt.phases) {
    add(WordsOf(phase.kind).name, ShortDuration(phase.end - phase.begin));
  }
  if (attempt.cancelled_at) {
    add("cancelled",
        absl::StrCat("at ", Moment(timeline, *attempt.cancelled_at), ": ", attempt.cancel_reason));
  }
  if (attempt.outcome != Outcome::kOpen) {
    add("ended", absl::StrCat("at ", Moment(timeline, attempt.end),
                              attempt.end_reason.empty() ? "" : ": ", attempt.end_reason));
  }
  return tip;
}

Tip TipOf(const Timeline& timeline, const Round& round) {
  Tip tip;
  tip.title = absl::StrCat("After round ", round.number);
  if (round.validation_error) {
    tip.rows.emplace_back("validation error", ShareText(*round.validation_error));
  }
  if (round.training_error) {
    tip.rows.emplace_back("training error", ShareText(*round.training_error));
  }
  tip.rows.emplace_back("round took", ShortDuration(round.end - round.begin));
  tip.rows.emplace_back("validated at", Moment(timeline, round.validated));
  return tip;
}

std::string Json(const Tip& tip) {
  const std::string rows = absl::StrJoin(tip.rows, ",", [](std::string* out, const auto& row) {
    absl::StrAppend(out, "[", Quoted(row.first), ",", Quoted(row.second), "]");
  });
  return JsonObject().Add("title", tip.title).AddRaw("rows", "[" + rows + "]").Text();
}

}  // namespace mlp::cli::timeline
