#include "cli/sweep/sweep_output.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/output.h"
#include "cli/show/summary.h"
#include "cli/sweep/report.h"

namespace mlp::cli {
namespace {

using google::protobuf::Struct;
using sweep::Outcome;
using sweep::Plan;
using sweep::Standing;

constexpr std::size_t kMaxRows = 50;

void Set(Struct& object, const std::string& key, const std::string& text) {
  (*object.mutable_fields())[key].set_string_value(text);
}

void Set(Struct& object, const std::string& key, double number) {
  (*object.mutable_fields())[key].set_number_value(number);
}

// With what varies.
Struct ObjectOf(const char* kind, const Plan& plan, std::size_t setting) {
  Struct object;
  Set(object, "kind", std::string(kind));
  Struct& varied = *(*object.mutable_fields())["settings"].mutable_struct_value();
  for (std::size_t i = 0; i < plan.varied.size(); ++i) {
    Set(varied, std::string(sweep::NameOf(*plan.varied[i])), plan.settings[setting][i]);
  }
  return object;
}

std::string TrialJson(const Plan& plan, const Outcome& outcome) {
  Struct object = ObjectOf("trial", plan, plan.SettingOf(outcome.trial));
  Set(object, "trial", static_cast<double>(outcome.trial + 1));
  if (!outcome.job.id().empty()) {
    Set(object, "job", outcome.job.id());
    Set(object, "state", StateName(outcome.job.state()));
    Set(object, "seed", outcome.job.spec().seed());
    Set(object, "seconds", sweep::SecondsOf(outcome.job));
  }
  if (const auto score = ScoreOf(outcome)) Set(object, "score", *score);
  if (!outcome.problem.empty()) Set(object, "problem", outcome.problem);
  return Json(object);
}

std::string SettingJson(const Plan& plan, const Standing& standing) {
  Struct object = ObjectOf("setting", plan, standing.setting);
  if (standing.score) {
    Set(object, "median_score", *standing.score);
    Set(object, "lowest_score", standing.low);
    Set(object, "highest_score", standing.high);
    Set(object, "seconds", standing.seconds);
    Set(object, "best_job", standing.best->job.id());
  }
  Set(object, "scored", static_cast<double>(standing.scored));
  Set(object, "failed", static_cast<double>(standing.failed));
  if (!standing.problem.empty()) Set(object, "problem", standing.problem);
  return Json(object);
}

std::string EndJson(const Plan& plan, const std::vector<Outcome>& outcomes, const SweepEnd& end) {
  Struct object;
  Set(object, "kind", std::string("sweep"));
  Set(object, "trials", static_cast<double>(plan.trials()));
  Set(object, "ended", static_cast<double>(outcomes.size()));
  Set(object, "score", sweep::ScoreName(outcomes));
  Set(object, "best_command", end.command);
  Set(object, "out", end.out);
  return Json(object);
}

std::string TrialLine(const Plan& plan, const Outcome& outcome, const std::string& score_name) {
  std::string line = absl::StrFormat("trial %d of %d  %s", outcome.trial + 1, plan.trials(),
                                     TrialText(plan, outcome.trial));
  const v1::Job& job = outcome.job;
  if (const auto score = ScoreOf(outcome)) {
    return absl::StrCat(line, "  ", score_name, " ", ShareText(*score), "  ",
                        absl::StrFormat("%.2f s", sweep::SecondsOf(job)), "  ", job.id());
  }
  if (job.id().empty()) return absl::StrCat(line, "  not trained: ", outcome.problem);
  return absl::StrCat(line, "  ", StateName(job.state()), ": ", outcome.problem, "  ", job.id());
}

void PrintTable(const Terminal& terminal, const experiment::TextTable& from) {
  AlignedTable table({from.heading.begin(), from.heading.end()});
  const std::size_t shown = std::min(from.rows.size(), kMaxRows);
  for (std::size_t i = 0; i < shown; ++i) {
    table.Add({from.rows[i].begin(), from.rows[i].end()});
  }
  table.Print(terminal);
  if (shown == from.rows.size()) return;
  terminal.out << "and " << from.rows.size() - shown << " more, which the files have\n";
}

}  // namespace

SweepProgress::SweepProgress(const Session& session, const Plan& plan)
    : session_(session), plan_(plan), screen_(session.terminal) {}

void SweepProgress::Show(std::size_t trial, const std::string& status) {
  if (session_.json) return;
  screen_.Redraw(absl::StrFormat("%d of %d trials  %s%s  %s", outcomes_.size(), plan_.trials(),
                                 best_, status, TrialText(plan_, trial)));
}

void SweepProgress::End(const Outcome& outcome) {
  outcomes_.push_back(outcome);
  const std::string score_name = sweep::ScoreName(outcomes_);
  const std::optional<double> score = ScoreOf(outcome);
  if (score && (best_.empty() || *score > best_score_)) {
    best_score_ = *score;
    best_ = absl::StrCat("best ", score_name, " ", ShareText(*score), "  ");
  }
  if (session_.json) {
    session_.terminal.out << TrialJson(plan_, outcome) << std::endl;
  } else if (!session_.terminal.tty) {
    session_.terminal.out << TrialLine(plan_, outcome, score_name) << std::endl;
  }
}

void PrintSweep(const Session& session, const Plan& plan, const std::vector<Outcome>& outcomes,
                const SweepEnd& end) {
  std::ostream& to = session.terminal.out;
  const std::vector<Standing> standings = Ranked(plan, outcomes);
  if (session.json) {
    for (const Standing& standing : standings) to << SettingJson(plan, standing) << '\n';
    to << EndJson(plan, outcomes, end) << '\n';
    return;
  }
  const std::string score_name = sweep::ScoreName(outcomes);
  if (!session.terminal.tty) to << '\n';
  to << PlanText(plan) << '\n' << sweep::ScoreSentence(score_name) << "\n\n";
  PrintTable(session.terminal, ResultsTable(plan, standings, score_name));
  if (!end.command.empty()) to << "\nThe best one again: " << end.command << '\n';
}

}  // namespace mlp::cli
