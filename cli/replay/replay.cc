#include "cli/replay/replay.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/errors.h"
#include "cli/client/output.h"
#include "cli/files/job_log.h"
#include "cli/show/json_fields.h"

namespace mlp::cli {
namespace {

using coordinator::ReplayDifference;
using coordinator::ReplayResult;
using google::protobuf::Struct;
using google::protobuf::Value;
using simulation::JobCourse;
using simulation::WhatIf;

// The factor by which a simulation may be off without a warning.
constexpr double kTrustedRatio = 1.25;

// ---- JSON

Value& Field(Struct& object, const char* name) { return (*object.mutable_fields())[name]; }

Struct ToJson(const ReplayResult& result) {
  Struct json;
  SetField(json, "policy", result.policy);
  SetField(json, "rounds", result.rounds);
  SetField(json, "events", result.events);
  SetField(json, "decisions", result.decisions);
  SetField(json, "differences", result.differences);
  SetField(json, "reworded", result.reworded);
  SetField(json, "cutOff", result.cut_off);
  auto& list = *Field(json, "firstDifferences").mutable_list_value();
  for (const ReplayDifference& difference : result.first_differences) {
    Struct& each = *list.add_values()->mutable_struct_value();
    SetField(each, "sequence", difference.sequence);
    SetField(each, "round", difference.round);
    SetField(each, "recorded", difference.recorded);
    SetField(each, "replayed", difference.replayed);
  }
  return json;
}

Struct ToJson(const JobCourse& course) {
  Struct json;
  SetField(json, "policy", course.policy);
  SetField(json, "seconds", course.time);
  SetField(json, "rounds", course.rounds);
  SetField(json, "attempts", course.attempts);
  SetField(json, "rejections", course.rejections);
  SetField(json, "copies", course.copies);
  SetField(json, "cancelled", course.cancelled);
  SetField(json, "failures", course.failures);
  SetField(json, "trouble", course.trouble);
  return json;
}

Struct ToJson(const WhatIf& what_if) {
  Struct json;
  *Field(json, "recorded").mutable_struct_value() = ToJson(what_if.recorded);
  *Field(json, "simulated").mutable_struct_value() = ToJson(what_if.same);
  *Field(json, "simulatedOther").mutable_struct_value() = ToJson(what_if.other);
  SetField(json, "computeSeconds", what_if.compute_time);
  SetField(json, "messageSeconds", what_if.message_time);
  SetField(json, "nodes", what_if.nodes);
  SetField(json, "shards", what_if.shards);
  return json;
}

// ---- Words

std::string OrNothing(const std::string& decided) {
  return decided.empty() ? "nothing at this point" : decided;
}

void Print(const Terminal& terminal, const ReplayResult& result) {
  terminal.out << absl::StrCat("policy ", result.policy, ", ", result.rounds,
                               " rounds: ", result.events, " events, ", result.decisions,
                               " decisions: ");
  if (result.differences == 0) {
    terminal.out << Coloured{terminal, Colour::kGreen, "all identical"} << "\n";
  } else {
    const std::string differ = absl::StrCat(result.differences, " differ");
    terminal.out << Coloured{terminal, Colour::kRed, differ} << "\n";
  }
  for (const ReplayDifference& difference : result.first_differences) {
    terminal.out << absl::StrCat("event ", difference.sequence, ", round ", difference.round,
                                 "\n  recorded: ", OrNothing(difference.recorded),
                                 "\n  replayed: ", OrNothing(difference.replayed), "\n");
  }
  if (const auto more =
          result.differences - static_cast<std::int64_t>(result.first_differences.size());
      more > 0) {
    terminal.out << absl::StrCat("and ", more, " more; later ones may follow from the first\n");
  }
  if (result.reworded > 0) {
    terminal.out << absl::StrCat("The reasons of ", result.reworded,
                                 " are in the words of another version.\n");
  }
  if (result.cut_off > 0) {
    terminal.out << absl::StrCat("The job ended, or its log does, before ", result.cut_off,
                                 " more would have been carried out.\n");
  }
}

AlignedTable::Row RowOf(const std::string& what, const JobCourse& course) {
  return {what,
          course.policy,
          DurationText(course.time),
          absl::StrCat(course.attempts),
          absl::StrCat(course.rejections),
          absl::StrCat(course.copies),
          absl::StrCat(course.cancelled),
          absl::StrCat(course.failures)};
}

double Ratio(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
  return std::chrono::duration<double>(a).count() / std::chrono::duration<double>(b).count();
}

// "1.70 times as long" …
std::string Compared(const JobCourse& same, const JobCourse& other) {
  const double ratio = Ratio(other.time, same.time);
  if (ratio > 0.995 && ratio < 1.005) return "just as long";
  return absl::StrFormat("%.2f times as long", ratio);
}

std::string Sentence(const WhatIf& what_if) {
  const JobCourse& other = what_if.other;
  if (!other.trouble.empty()) {
    return absl::StrCat("With the other settings (", other.policy, ") the job would not have got ",
                        "through its ", what_if.recorded.rounds, " rounds: ", other.trouble);
  }
  if (!what_if.same.trouble.empty()) {
    return absl::StrCat("The simulation of the recorded settings did not get through: ",
                        what_if.same.trouble);
  }
  return absl::StrCat("With the other settings (", other.policy, ") the job would have taken ",
                      Compared(what_if.same, other), ": ", DurationText(other.time), " instead of ",
                      DurationText(what_if.same.time),
                      ", both simulated with the same misfortunes.");
}

// A warning that the simulation is off; empty if it met what was recorded.
std::string Warning(const WhatIf& what_if) {
  const double ratio = Ratio(what_if.same.time, what_if.recorded.time);
  if (ratio > 1 / kTrustedRatio && ratio < kTrustedRatio) return "";
  return absl::StrFormat(
      "Read this with care: simulated with the recorded settings, the job took %.2f times what was "
      "recorded. One run is one draw of many; `mlp-client experiment` compares over many.\n",
      ratio);
}

void Print(const Terminal& terminal, const WhatIf& what_if) {
  AlignedTable table(
      {"COURSE", "POLICY", "TIME", "ATTEMPTS", "REJECTED", "COPIES", "CANCELLED", "FAILED"});
  table.Add(RowOf("recorded", what_if.recorded));
  table.Add(RowOf("simulated", what_if.same));
  table.Add(RowOf("simulated", what_if.other));
  table.Print(terminal);
  terminal.out << Sentence(what_if) << "\n" << Warning(what_if);
  terminal.out << absl::StrFormat(
      "Taken from the log: %d rounds of %d shards, %d nodes with their loads, comings and goings, "
      "%.3g ms to compute a shard and %.3g ms a message (medians).\n",
      what_if.recorded.rounds, what_if.shards, what_if.nodes,
      std::chrono::duration<double, std::milli>(what_if.compute_time).count(),
      std::chrono::duration<double, std::milli>(what_if.message_time).count());
}

int RefuseLog(const Session& session, const std::string& log, const absl::Status& error) {
  Log(session, absl::StrCat(log, ": ", error.message()));
  return kExitFailed;
}

template <class Result>
void Show(const Session& session, const Result& result) {
  if (session.json) {
    session.terminal.out << Json(ToJson(result)) << "\n";
  } else {
    Print(session.terminal, result);
  }
}

}  // namespace

int Run(const Session& session, const ReplayCommand& command) {
  const auto events = ReadJobLog(command.log);
  if (!events.ok()) {
    const bool missing = absl::IsNotFound(events.status());
    Log(session, absl::StrCat(events.status().message(),
                              missing ? "; a job's log is what it reads, which mlp-coordinator "
                                        "--log-dir and train --local --log-dir write"
                                      : ""));
    return kExitFailed;
  }
  const auto records = simulation::RecordsOf(*events);
  if (!records.ok()) return RefuseLog(session, command.log, records.status());
  if (command.other) {
    const auto what_if = simulation::SimulateUnder(*records, *command.other);
    if (!what_if.ok()) return RefuseLog(session, command.log, what_if.status());
    Show(session, *what_if);
    return kExitDone;
  }
  const auto result = coordinator::Replay(*records);
  if (!result.ok()) return RefuseLog(session, command.log, result.status());
  Show(session, *result);
  return result->differences == 0 ? kExitDone : kExitFailed;
}

}  // namespace mlp::cli
