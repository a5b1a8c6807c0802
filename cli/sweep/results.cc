#include "cli/sweep/results.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/client/output.h"
#include "cli/options/enum_words.h"
#include "cli/show/summary.h"

namespace mlp::cli::sweep {
namespace {

using google::protobuf::util::TimeUtil;
using report::Csv;

// `numbers` is not empty.
double Median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  const std::size_t half = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
}

Standing StandingOf(std::size_t setting, const std::vector<const Outcome*>& outcomes) {
  Standing standing;
  standing.setting = setting;
  std::vector<double> scores, seconds;
  for (const Outcome* outcome : outcomes) {
    const std::optional<double> score = ScoreOf(*outcome);
    if (!score) {
      if (standing.failed++ == 0) standing.problem = outcome->problem;
      continue;
    }
    if (scores.empty() || *score > standing.high) standing.best = *outcome;
    scores.push_back(*score);
    seconds.push_back(SecondsOf(outcome->job));
    standing.low = std::ranges::min(scores);
    standing.high = std::ranges::max(scores);
  }
  standing.scored = scores.size();
  if (scores.empty()) return standing;
  standing.score = Median(scores);
  standing.seconds = Median(seconds);
  return standing;
}

std::string ProblemText(const Standing& standing) {
  if (standing.failed == 0) return "";
  if (standing.failed + standing.scored == 1) return standing.problem;
  return absl::StrFormat("%d of %d failed: %s", standing.failed, standing.failed + standing.scored,
                         standing.problem);
}

std::vector<std::string> VariedNames(const Plan& plan) {
  std::vector<std::string> names;
  for (const TrainingOption* option : plan.varied) names.emplace_back(NameOf(*option));
  return names;
}

std::string CsvRow(const Plan& plan, const Outcome& outcome) {
  std::vector<std::string> fields = {absl::StrCat(outcome.trial + 1),
                                     absl::StrCat(plan.SettingOf(outcome.trial) + 1)};
  for (const std::string& text : plan.settings[plan.SettingOf(outcome.trial)]) {
    fields.push_back(Csv(text));
  }
  const v1::Job& job = outcome.job;
  const std::optional<double> score = ScoreOf(outcome);
  const bool ran = !job.id().empty();
  fields.insert(
      fields.end(),
      {ran ? absl::StrCat(job.spec().seed()) : "", ran ? Word(job.state()) : "refused",
       score ? absl::StrFormat("%.9g", *score) : "", ran ? absl::StrCat(job.rounds_done()) : "",
       ran ? absl::StrFormat("%.3f", SecondsOf(job)) : "", job.id(), job.model_digest(),
       Csv(outcome.problem)});
  return absl::StrJoin(fields, ",");
}

}  // namespace

Outcome OutcomeOf(std::size_t trial, const v1::Job& job) {
  Outcome outcome{.trial = trial, .job = job, .problem = ""};
  const v1::Evaluation* validation = ModelValidation(job);
  if (job.state() != v1::JOB_STATE_SUCCEEDED) {
    outcome.problem = job.detail().empty() ? Word(job.state()) : job.detail();
  } else if (validation == nullptr) {
    outcome.problem = "was not validated";
  } else if (!std::isfinite(Score(*validation))) {
    outcome.problem = "has no finite score";
  }
  return outcome;
}

std::optional<double> ScoreOf(const Outcome& outcome) {
  if (!outcome.problem.empty()) return std::nullopt;
  const v1::Evaluation* validation = ModelValidation(outcome.job);
  if (validation == nullptr) return std::nullopt;
  return Score(*validation);
}

double SecondsOf(const v1::Job& job) {
  if (!job.has_start_time() || !job.has_end_time()) return 0;
  return 1e-9 *
         static_cast<double>(TimeUtil::DurationToNanoseconds(job.end_time() - job.start_time()));
}

std::vector<Standing> Ranked(const Plan& plan, const std::vector<Outcome>& outcomes) {
  std::vector<std::vector<const Outcome*>> by_setting(plan.settings.size());
  for (const Outcome& outcome : outcomes) {
    by_setting[plan.SettingOf(outcome.trial)].push_back(&outcome);
  }
  std::vector<Standing> standings;
  for (std::size_t setting = 0; setting < by_setting.size(); ++setting) {
    if (by_setting[setting].empty()) continue;
    standings.push_back(StandingOf(setting, by_setting[setting]));
  }
  std::ranges::stable_sort(standings, [](const Standing& a, const Standing& b) {
    return a.score && (!b.score || *a.score > *b.score);
  });
  return standings;
}

std::string ScoreName(const std::vector<Outcome>& outcomes) {
  const bool regression = std::ranges::any_of(outcomes, [](const Outcome& outcome) {
    return outcome.job.model().output() == v1::OUTPUT_IDENTITY;
  });
  return regression ? "R^2" : "accuracy";
}

report::TextTable ResultsTable(const Plan& plan, const std::vector<Standing>& standings,
                               const std::string& score_name) {
  report::TextTable table{.heading = VariedNames(plan), .rows = {}};
  const bool several = plan.repeats > 1;
  table.heading.push_back(several ? "median " + score_name : score_name);
  if (several) table.heading.emplace_back("from - to");
  table.heading.insert(table.heading.end(), {"time", several ? "best job" : "job", ""});
  for (const Standing& standing : standings) {
    std::vector<std::string> row = plan.settings[standing.setting];
    const bool scored = standing.score.has_value();
    row.push_back(scored ? ShareText(*standing.score) : "-");
    if (several) {
      row.push_back(scored ? absl::StrCat(ShareText(standing.low), " - ", ShareText(standing.high))
                           : "-");
    }
    const std::chrono::duration<double> time(standing.seconds);
    row.push_back(scored ? DurationText(std::chrono::duration_cast<std::chrono::nanoseconds>(time))
                         : "-");
    row.push_back(scored ? standing.best->job.id() : "-");
    row.push_back(ProblemText(standing));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string ResultsCsv(const Plan& plan, std::vector<Outcome> outcomes) {
  std::ranges::sort(outcomes, {}, &Outcome::trial);
  std::string csv = absl::StrCat("trial,setting,", absl::StrJoin(VariedNames(plan), ","),
                                 ",seed,state,score,rounds,seconds,job,model_digest,problem\n");
  for (const Outcome& outcome : outcomes) absl::StrAppend(&csv, CsvRow(plan, outcome), "\n");
  return csv;
}

}  // namespace mlp::cli::sweep
