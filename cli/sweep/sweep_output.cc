#include "cli/sweep/sweep_output.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/output.h"
#include "cli/show/json_fields.h"
#include "cli/show/summary.h"
#include "cli/sweep/report.h"

namespace mlp::cli {
namespace {

using google::protobuf::Struct;
using sweep::Outcome;
using sweep::Plan;
using sweep::Standing;

constexpr std::size_t kMaxRows = 50;

// An object with the settings that vary.
Struct ObjectOf(const char* kind, const Plan& plan, std::size_t setting) {
  Struct object;
  SetField(object, "kind", std::string(kind));
  Struct& varied = *(*object.mutable_fields())["settings"].mutable_struct_value();
  for (std::size_t i = 0; i < plan.varied.size(); ++i) {
    SetField(varied, std::string(sweep::NameOf(*plan.varied[i])), plan.settings[setting][i]);
  }
  return object;
}

std::string TrialJson(const Plan& plan, const Outcome& outcome) {
  Struct object = ObjectOf("trial", plan, plan.SettingOf(outcome.trial));
  SetField(object, "trial", static_cast<double>(outcome.trial + 1));
  if (!outcome.job.id().empty()) {
    SetField(object, "job", outcome.job.id());
    SetField(object, "state", StateName(outcome.job.state()));
    SetField(object, "seed", outcome.job.spec().seed());
    SetField(object, "seconds", sweep::SecondsOf(outcome.job));
  }
  if (const auto score = ScoreOf(outcome)) SetField(object, "score", *score);
  if (!outcome.problem.empty()) SetField(object, "problem", outcome.problem);
  return Json(object);
}

std::string SettingJson(const Plan& plan, const Standing& standing) {
  Struct object = ObjectOf("setting", plan, standing.setting);
  if (standing.score) {
    SetField(object, "median_score", *standing.score);
    SetField(object, "lowest_score", standing.low);
    SetField(object, "highest_score", standing.high);
    SetField(object, "seconds", standing.seconds);
    SetField(object, "best_job", standing.best->job.id());
  }
  SetField(object, "scored", static_cast<double>(standing.scored));
  SetField(object, "failed", static_cast<double>(standing.failed));
  if (!standing.problem.empty()) SetField(object, "problem", standing.problem);
  return Json(object);
}

std::string EndJson(const Plan& plan, const std::vector<Outcome>& outcomes, const SweepEnd& end) {
  Struct object;
  SetField(object, "kind", std::string("sweep"));
  SetField(object, "trials", static_cast<double>(plan.trials()));
  SetField(object, "ended", static_cast<double>(outcomes.size()));
  SetField(object, "score", sweep::ScoreName(outcomes));
  SetField(object, "best_command", end.command);
  SetField(object, "out", end.out);
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

void PrintTable(const Terminal& terminal, const report::TextTable& from) {
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
