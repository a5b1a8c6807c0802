#include "cli/experiment/experiment_output.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/printable_output.h"
#include "cli/show/json_fields.h"
#include "services/experiment/report_text.h"

namespace mlp::cli {
namespace {

using experiment::Estimate;
using google::protobuf::Struct;

void Print(const Session& session, const report::TextTable& from) {
  AlignedTable table({from.heading.begin(), from.heading.end()});
  for (const auto& row : from.rows) table.Add({row.begin(), row.end()});
  table.Print(session.terminal);
}

void SetEstimate(Struct& object, const std::string& key, const Estimate& estimate) {
  Struct& fields = *(*object.mutable_fields())[key].mutable_struct_value();
  SetField(fields, "runs", static_cast<double>(estimate.count));
  SetField(fields, "mean", estimate.mean);
  if (estimate.count < 2) return;  // JSON has no infinity
  SetField(fields, "low", estimate.low());
  SetField(fields, "high", estimate.high());
  SetField(fields, "deviation", estimate.deviation);
}

// The fields that every object begins with.
template <class Each>
Struct ObjectOf(const char* kind, const experiment::Experiment& experiment, const Each& each) {
  Struct object;
  SetField(object, "kind", std::string(kind));
  SetField(object, "policy", experiment.policies[each.policy].label);
  SetField(object, "load", experiment.loads[each.load].label);
  return object;
}

void PrintJson(const Session& session, const experiment::Summary& summary,
               const std::vector<experiment::Agreement>& agreements, const std::string& out) {
  const experiment::Experiment& experiment = *summary.experiment;
  const auto print = [&session](const Struct& object) {
    session.terminal.out << Json(object) << '\n';
  };
  for (const experiment::Cell& cell : summary.cells) {
    Struct object = ObjectOf("cell", experiment, cell);
    SetEstimate(object, "makespan_seconds", cell.makespan);
    SetField(object, "attempts", cell.attempts);
    SetField(object, "rejections", cell.rejections);
    SetField(object, "copies_per_task", cell.copies_per_task);
    SetField(object, "computing_share", cell.computing);
    SetField(object, "held_up_share", cell.held_up);
    SetField(object, "idle_share", cell.idle);
    SetField(object, "compute_seconds", cell.compute_time);
    SetField(object, "round_trip_seconds", cell.round_trip);
    print(object);
  }
  for (const experiment::Comparison& comparison : summary.comparisons) {
    Struct object = ObjectOf("comparison", experiment, comparison);
    SetField(object, "baseline", experiment.policies[experiment.baseline].label);
    SetEstimate(object, "difference_seconds", comparison.difference);
    SetField(object, "speed_up", comparison.speed_up);
    SetField(object, "sentence", comparison.sentence);
    print(object);
  }
  for (const experiment::Agreement& agreement : agreements) {
    Struct object = ObjectOf("agreement", experiment, agreement);
    SetEstimate(object, "real_seconds", agreement.real);
    SetEstimate(object, "simulated_seconds", agreement.simulated);
    print(object);
  }
  Struct end;
  SetField(end, "kind", std::string("experiment"));
  SetField(end, "title", experiment.title);
  SetField(end, "runs", static_cast<double>(summary.runs));
  SetField(end, "model_digest", summary.digest);
  SetField(end, "out", out);
  print(end);
}

}  // namespace

ExperimentProgress::ExperimentProgress(const Session& session, std::string what, std::size_t size)
    : session_(session), what_(std::move(what)), size_(size) {}

std::chrono::nanoseconds ExperimentProgress::interval() const {
  return std::chrono::milliseconds(50);
}

std::string ExperimentProgress::Line(std::size_t ended) const {
  const auto elapsed = std::chrono::steady_clock::now() - begin_;
  const double share = size_ == 0 ? 1 : static_cast<double>(ended) / static_cast<double>(size_);
  std::string line = absl::StrFormat("%s %d of %d  %.0f %%  %s", what_, ended, size_, 100 * share,
                                     DurationText(elapsed));
  if (ended > 0 && ended < size_) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(elapsed) * ((1 - share) / share));
    absl::StrAppend(&line, "  about ", DurationText(left), " left");
  }
  return line;
}

void ExperimentProgress::Show(std::size_t ended) {
  if (session_.terminal.tty && !session_.json) {
    session_.terminal.out << kClearLine << FirstParts(Line(ended), session_.terminal.width - 1)
                          << std::flush;
    return;
  }
  const std::size_t tenths = size_ == 0 ? 10 : 10 * ended / size_;
  if (tenths <= told_tenths_) return;
  told_tenths_ = tenths;
  (session_.json ? session_.terminal.err : session_.terminal.out) << Line(ended) << std::endl;
}

void ExperimentProgress::Finish(std::size_t ended) {
  if (session_.terminal.tty && !session_.json) {
    session_.terminal.out << kClearLine;
  } else if (told_tenths_ == 10) {
    return;
  }
  (session_.json ? session_.terminal.err : session_.terminal.out) << Line(ended) << std::endl;
}

void PrintResults(const Session& session, const experiment::Summary& summary,
                  const std::vector<experiment::Agreement>& agreements, const std::string& out) {
  if (session.json) return PrintJson(session, summary, agreements, out);
  std::ostream& to = session.terminal.out;
  to << '\n' << summary.experiment->title << '\n' << experiment::SettingText(summary) << "\n\n";
  Print(session, experiment::MakespanTable(summary));
  if (!summary.comparisons.empty()) to << '\n';
  for (std::size_t load = 0; load < summary.experiment->loads.size(); ++load) {
    for (const experiment::Comparison& comparison : summary.comparisons) {
      if (comparison.load == load) to << comparison.sentence << '\n';
    }
  }
  if (!agreements.empty()) {
    to << "\nReal and simulated with what was measured; ranking of the policies: "
       << (experiment::SameRanking(agreements) ? "the same" : "NOT the same") << '\n';
    Print(session, experiment::AgreementTable(*summary.experiment, agreements));
  }
  to << "\nModel digest of every run: " << summary.digest << '\n';
}

}  // namespace mlp::cli
