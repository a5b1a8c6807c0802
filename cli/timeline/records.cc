#include "cli/timeline/records.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/timeline/json_text.h"
#include "cli/timeline/words.h"

namespace mlp::cli::timeline {
namespace {

struct Field {
  const char* name;
  std::string text;
  bool is_text = false;
};

std::vector<Field> FieldsOf(const Timeline& timeline, const Attempt& attempt) {
  const bool open = attempt.outcome == Outcome::kOpen;
  std::vector<Field> fields = {
      {"round", absl::StrCat(attempt.round)},
      {"shard", absl::StrCat(attempt.shard)},
      {"attempt", absl::StrCat(attempt.id)},
      {"node", attempt.node, true},
      {"offer", absl::StrCat(attempt.offer)},
      {"copy_of", attempt.hedge_of == 0 ? "" : absl::StrCat(attempt.hedge_of)},
      {"dispatched_ms", Milliseconds(attempt.dispatched - timeline.begin)},
      {"end_ms", open ? "" : Milliseconds(attempt.end - timeline.begin)}};
  constexpr std::pair<const char*, Kind> kDurations[] = {
      {"sending_ms", Kind::kSending},     {"queued_ms", Kind::kQueued},
      {"held_up_ms", Kind::kHeldUp},      {"queued_or_held_up_ms", Kind::kWaiting},
      {"loading_ms", Kind::kLoading},     {"computing_ms", Kind::kComputing},
      {"returning_ms", Kind::kReturning}, {"cancelled_ms", Kind::kCancelled},
      {"rejected_ms", Kind::kRejected}};
  for (const auto& [name, kind] : kDurations) {
    fields.push_back({name, Milliseconds(TimeIn(attempt, kind))});
  }
  fields.push_back({"outcome", OutcomeName(attempt.outcome), true});
  fields.push_back({"race", RaceName(attempt.race), true});
  fields.push_back({"offered_because", attempt.reason, true});
  fields.push_back({"ended_because", EndReason(attempt), true});
  return fields;
}

std::string CsvText(const Field& field) {
  if (field.text.find_first_of(",\"\r\n") == std::string::npos) return field.text;
  std::string quoted = "\"";
  for (const char c : field.text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string CsvLine(const std::vector<Field>& fields) {
  return absl::StrCat(
      absl::StrJoin(fields, ",",
                    [](std::string* out, const Field& field) { out->append(CsvText(field)); }),
      "\r\n");
}

}  // namespace

std::string Csv(const Timeline& timeline) {
  std::string text;
  std::vector<Field> headings = FieldsOf(timeline, {});
  for (Field& field : headings) field.text = field.name;
  text += CsvLine(headings);
  for (const Attempt& attempt : timeline.attempts) text += CsvLine(FieldsOf(timeline, attempt));
  return text;
}

std::string JsonLines(const Timeline& timeline) {
  std::string text;
  for (const Attempt& attempt : timeline.attempts) {
    JsonObject object;
    for (const Field& field : FieldsOf(timeline, attempt)) {
      if (field.is_text) {
        object.Add(field.name, field.text);
      } else {
        object.AddRaw(field.name, field.text.empty() ? "null" : field.text);
      }
    }
    absl::StrAppend(&text, object.Text(), "\n");
  }
  return text;
}

}  // namespace mlp::cli::timeline
