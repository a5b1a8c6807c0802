#include "cli/timeline/chrome_trace.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/timeline/json_text.h"
#include "cli/timeline/words.h"

namespace mlp::cli::timeline {
namespace {

constexpr std::size_t kRoundsProcess = 1;  // nodes follow

// Microseconds, to the nanosecond.
std::string Microseconds(Time time) {
  return absl::StrFormat("%d.%03d", time.count() / 1000, time.count() % 1000);
}

class TraceWriter {
 public:
  explicit TraceWriter(const Timeline& timeline) : timeline_(timeline) {}

  void Name(const char* what, std::size_t process, std::size_t thread, const std::string& name) {
    events_.push_back(Event("M", what, process, thread)
                          .AddRaw("args", JsonObject().Add("name", name).Text())
                          .Text());
  }

  void SortIndex(std::size_t process) {
    events_.push_back(
        Event("M", "process_sort_index", process, 0)
            .AddRaw("args", JsonObject().AddRaw("sort_index", absl::StrCat(process)).Text())
            .Text());
  }

  void Complete(const std::string& name, const std::string& category, std::size_t process,
                std::size_t thread, Time begin, Time end, const JsonObject& args) {
    events_.push_back(Event("X", name, process, thread)
                          .Add("cat", category)
                          .AddRaw("ts", Microseconds(begin - timeline_.begin))
                          .AddRaw("dur", Microseconds(end - begin))
                          .AddRaw("args", args.Text())
                          .Text());
  }

  void Counter(const std::string& name, Time time, double value) {
    events_.push_back(
        Event("C", name, kRoundsProcess, 0)
            .AddRaw("ts", Microseconds(time - timeline_.begin))
            .AddRaw("args", JsonObject().AddRaw("error", absl::StrFormat("%.6g", value)).Text())
            .Text());
  }

  std::string Text() const {
    return absl::StrCat("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n",
                        absl::StrJoin(events_, ",\n"), "\n]}\n");
  }

 private:
  static JsonObject Event(const char* phase, const std::string& name, std::size_t process,
                          std::size_t thread) {
    JsonObject event;
    event.Add("ph", phase).Add("name", name);
    event.AddRaw("pid", absl::StrCat(process)).AddRaw("tid", absl::StrCat(thread));
    return event;
  }

  const Timeline& timeline_;
  std::vector<std::string> events_;
};

JsonObject Details(const Attempt& attempt) {
  JsonObject args;
  args.AddRaw("round", absl::StrCat(attempt.round)).AddRaw("shard", absl::StrCat(attempt.shard));
  args.AddRaw("attempt", absl::StrCat(attempt.id));
  args.Add("what", WhatText(attempt)).Add("result", EndText(attempt));
  args.Add("offered because", attempt.reason);
  if (!attempt.end_reason.empty()) args.Add("ended because", attempt.end_reason);
  if (attempt.cancelled_at) args.Add("cancelled because", attempt.cancel_reason);
  return args;
}

void WriteSpan(const Timeline& timeline, const Span& span, std::size_t process, std::size_t thread,
               TraceWriter& trace) {
  const std::string kind = WordsOf(span.phase.kind).name;
  if (!span.attempt) {
    trace.Complete(kind, kind, process, thread, span.phase.begin, span.phase.end, {});
    return;
  }
  const Attempt& attempt = timeline.attempts[*span.attempt];
  trace.Complete(absl::StrCat(kind, " (shard ", attempt.shard, ")"), kind, process, thread,
                 span.phase.begin, span.phase.end, Details(attempt));
}

void WriteRounds(const Timeline& timeline, TraceWriter& trace) {
  trace.Name("process_name", kRoundsProcess, 0, "rounds");
  trace.SortIndex(kRoundsProcess);
  for (const Round& round : timeline.rounds) {
    JsonObject args;
    args.AddRaw("shards", absl::StrCat(round.shards));
    trace.Complete(absl::StrCat("round ", round.number), "round", kRoundsProcess, 0, round.begin,
                   round.end, args);
    if (round.validation_error) {
      trace.Counter("validation error", round.validated, *round.validation_error);
    }
  }
}

}  // namespace

std::string ChromeTrace(const Timeline& timeline) {
  TraceWriter trace(timeline);
  WriteRounds(timeline, trace);
  std::size_t process = kRoundsProcess;
  for (const Lane& lane : timeline.lanes) {
    ++process;
    trace.Name("process_name", process, 0, lane.node.name);
    trace.SortIndex(process);
    for (std::size_t row = 0; row < lane.rows.size(); ++row) {
      trace.Name("thread_name", process, row, absl::StrCat("attempts ", row + 1));
      for (const Span& span : lane.rows[row].spans) {
        WriteSpan(timeline, span, process, row, trace);
      }
    }
  }
  return trace.Text();
}

}  // namespace mlp::cli::timeline
