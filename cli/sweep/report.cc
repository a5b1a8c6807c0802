#include "cli/sweep/report.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "cli/client/output.h"
#include "cli/sweep/scatter.h"
#include "services/report/page.h"

namespace mlp::cli::sweep {
namespace {

using report::Html;

std::vector<Point> PointsOf(const Plan& plan, const std::vector<Outcome>& outcomes,
                            const std::vector<Standing>& standings, const std::string& score_name,
                            std::size_t varied) {
  std::vector<Point> points;
  for (const Outcome& outcome : outcomes) {
    const std::optional<double> score = ScoreOf(outcome);
    if (!score) continue;
    const std::size_t setting = plan.SettingOf(outcome.trial);
    points.push_back({.at = plan.settings[setting][varied],
                      .score = *score,
                      .tip = absl::StrCat(TrialText(plan, outcome.trial), ": ", score_name, " ",
                                          ShareText(*score), ", ", outcome.job.id()),
                      .best = setting == standings.front().setting});
  }
  return points;
}

}  // namespace

std::string ScoreSentence(const std::string& score_name) {
  return absl::StrCat(
      "The ", score_name,
      " is that of each job's model on the validation rows: of the last round, with "
      "early stopping of the best.");
}

std::string ReportHtml(const Plan& plan, const std::vector<Outcome>& outcomes,
                       const std::string& title, const std::string& command,
                       const std::string& note) {
  const std::vector<Standing> standings = Ranked(plan, outcomes);
  const std::string score_name = ScoreName(outcomes);
  std::string body;
  if (!note.empty()) absl::StrAppend(&body, "<p class=\"warning\">", Html(note), "</p>\n");
  absl::StrAppend(&body, "<p>", Html(PlanText(plan)), ". ", Html(ScoreSentence(score_name)),
                  "</p>\n");
  if (!command.empty()) {
    absl::StrAppend(&body, "<p>The best one again: <code>", Html(command), "</code></p>\n");
  }
  for (std::size_t varied = 0; varied < plan.varied.size(); ++varied) {
    const std::string name(NameOf(*plan.varied[varied]));
    absl::StrAppend(
        &body, "<h2>", Html(name), "</h2>\n",
        Scatter(name, score_name, PointsOf(plan, outcomes, standings, score_name, varied)));
  }
  absl::StrAppend(&body, "<p><span class=\"ring\"></span>the best setting</p>\n<h2>Settings</h2>\n",
                  report::TableHtml(ResultsTable(plan, standings, score_name)));
  return report::Page(title, body);
}

}  // namespace mlp::cli::sweep
