#include "services/experiment/report_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"

namespace mlp::experiment {
namespace {

using report::Csv;
using report::TextTable;

std::string Number(double value) { return absl::StrFormat("%.9g", value); }

// Returns three significant digits: "0.123", "12.3", "1234".
std::string Short(double value) {
  const double size = std::abs(value);
  return absl::StrFormat("%.*f", size < 10 ? 2 : size < 1000 ? 1 : 0, value);
}

std::string Percent(double share) { return absl::StrFormat("%.0f %%", 100 * share); }

std::string WithInterval(const Estimate& estimate) {
  if (estimate.count < 2) return absl::StrCat(Short(estimate.mean), " (one run)");
  return absl::StrCat(Short(estimate.mean), " ± ", Short(estimate.half_width));
}

std::string Against(double measured, double other) {
  if (other <= 0) return "";
  return absl::StrFormat("%s (%+.1f %%)", Short(other), 100 * (measured / other - 1));
}

std::string Text(Duration duration) { return absl::FormatDuration(absl::FromChrono(duration)); }

std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}, {"<", "&lt;"}});
}

std::string MarkdownTable(const TextTable& table) {
  const auto row = [](const std::vector<std::string>& cells) {
    return absl::StrCat("| ",
                        absl::StrJoin(cells, " | ",
                                      [](std::string* out, const std::string& cell) {
                                        out->append(Escaped(cell));
                                      }),
                        " |\n");
  };
  std::string text = row(table.heading);
  text += row(std::vector<std::string>(table.heading.size(), "---"));
  for (const auto& cells : table.rows) text += row(cells);
  return text;
}

TextTable BoundsTable(const Summary& summary) {
  TextTable table;
  table.heading = {"load"};
  for (const Bound& bound : summary.bounds.front()) {
    table.heading.push_back(absl::StrCat(bound.label, ", s"));
  }
  for (std::size_t load = 0; load < summary.bounds.size(); ++load) {
    std::vector<std::string> row = {summary.experiment->loads[load].label};
    for (const Bound& bound : summary.bounds[load]) row.push_back(Short(bound.seconds));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::string ResultsCsv(const Experiment& experiment, Mode mode, const std::vector<Run>& runs) {
  std::string csv =
      "mode,policy,load,seed,state,makespan_seconds,attempts,rejections,copies,copies_per_task,"
      "computing_share,held_up_share,idle_share,compute_seconds,round_trip_seconds,model_digest,"
      "problem\n";
  for (const Run& run : runs) {
    const Figures& figures = run.figures;
    const std::vector<std::string> fields = {mode == Mode::kReal ? "real" : "simulated",
                                             Csv(experiment.policies[run.key.policy].label),
                                             Csv(experiment.loads[run.key.load].label),
                                             absl::StrCat(run.key.seed),
                                             run.done ? "succeeded" : "failed",
                                             Number(figures.makespan),
                                             absl::StrCat(figures.attempts),
                                             absl::StrCat(figures.rejections),
                                             absl::StrCat(figures.copies),
                                             Number(figures.copies_per_task),
                                             Number(figures.computing),
                                             Number(figures.held_up),
                                             Number(figures.idle),
                                             Number(figures.compute_time),
                                             Number(figures.round_trip),
                                             figures.digest,
                                             Csv(run.problem)};
    absl::StrAppend(&csv, absl::StrJoin(fields, ","), "\n");
  }
  return csv;
}

report::TextTable MakespanTable(const Summary& summary) {
  const Experiment& experiment = *summary.experiment;
  const auto any = [&](auto figures) {
    return std::ranges::any_of(
        experiment.policies, [&](const PolicyCase& policy) { return !(policy.*figures).empty(); });
  };
  const bool known = any(&PolicyCase::known);
  const bool published = any(&PolicyCase::published);
  TextTable table;
  table.heading = {"load", "policy", "makespan, s", "runs"};
  if (known) table.heading.emplace_back("known, s (ours is)");
  if (published) table.heading.emplace_back("published, s");
  for (const char* column : {"copies a task", "held up", "computing", "idle"}) {
    table.heading.emplace_back(column);
  }
  for (std::size_t load = 0; load < experiment.loads.size(); ++load) {
    for (std::size_t policy = 0; policy < experiment.policies.size(); ++policy) {
      const Cell* cell = summary.Find(policy, load);
      if (cell == nullptr) continue;
      const PolicyCase& with = experiment.policies[policy];
      std::vector<std::string> row = {experiment.loads[load].label, with.label,
                                      WithInterval(cell->makespan),
                                      absl::StrCat(cell->makespan.count)};
      if (known) {
        row.push_back(with.known.empty() ? "" : Against(cell->makespan.mean, with.known[load]));
      }
      if (published) {
        row.push_back(with.published.empty() ? "" : absl::StrFormat("%.2f", with.published[load]));
      }
      row.push_back(absl::StrFormat("%.2f", cell->copies_per_task));
      row.push_back(Percent(cell->held_up));
      row.push_back(Percent(cell->computing));
      row.push_back(Percent(cell->idle));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

report::TextTable AgreementTable(const Experiment& experiment,
                                 const std::vector<Agreement>& agreements) {
  TextTable table;
  table.heading = {"load",        "policy",        "real, s", "simulated, s", "simulated / real",
                   "compute, ms", "round trip, ms"};
  for (std::size_t load = 0; load < experiment.loads.size(); ++load) {
    for (const Agreement& each : agreements) {
      if (each.load != load) continue;
      table.rows.push_back({experiment.loads[load].label, experiment.policies[each.policy].label,
                            WithInterval(each.real), WithInterval(each.simulated),
                            absl::StrFormat("%.3f", each.ratio()), Short(1000 * each.compute_time),
                            Short(1000 * each.round_trip)});
    }
  }
  return table;
}

std::string SettingText(const Summary& summary) {
  const Experiment& experiment = *summary.experiment;
  const bool real = summary.mode == Mode::kReal;
  const std::string task =
      experiment.synthetic()
          ? absl::StrCat("a synthetic workload, ", experiment.shards, " shards of ",
                         Text(experiment.compute_time))
          : absl::StrCat(experiment.dataset.string(), ", ", experiment.shards, " shards",
                         real ? "" : absl::StrCat(" of ", Text(experiment.compute_time)));
  std::string text = absl::StrCat(
      real ? "Real runs" : "Simulated runs", ": ", task, ", ", experiment.rounds, " rounds, ",
      experiment.nodes, " nodes; injected load holds a task up for ", Text(experiment.load_delay));
  if (real) {
    absl::StrAppend(&text, "; all these times were scaled by ", experiment.time_scale,
                    " and results are divided by it");
  } else {
    absl::StrAppend(&text, "; a message and its answer take ", Text(experiment.round_trip));
  }
  absl::StrAppend(
      &text, ". ", summary.runs, " runs: ", experiment.policies.size(), " policies x ",
      experiment.loads.size(), " loads x ", SeedsOf(experiment, summary.mode).size(),
      " seeds; the same seed means the same misfortunes for every policy. Intervals are "
      "95 % confidence intervals of the mean (Student's t).");
  return text;
}

std::vector<std::string> Warnings(const Summary& summary) {
  std::vector<std::string> warnings = summary.problems;
  if (summary.runs < summary.planned && summary.problems.empty()) {
    warnings.push_back(
        absl::StrCat("it was interrupted after ", summary.runs, " of ", summary.planned, " runs"));
  }
  return warnings;
}

std::string ReportMarkdown(const Summary& summary, const std::vector<Agreement>& agreements) {
  const Experiment& experiment = *summary.experiment;
  std::string text = absl::StrCat("# ", Escaped(experiment.title), "\n\n");
  for (const std::string& warning : Warnings(summary)) {
    absl::StrAppend(&text, "**Warning: ", Escaped(warning), ".**\n\n");
  }
  absl::StrAppend(&text, SettingText(summary), "\n\n## Makespan\n\n",
                  MarkdownTable(MakespanTable(summary)));
  if (!summary.comparisons.empty()) {
    absl::StrAppend(&text, "\n## Against ", experiment.policies[experiment.baseline].label,
                    "\n\nPaired: run by run with the same seed.\n\n");
    for (std::size_t load = 0; load < experiment.loads.size(); ++load) {
      for (const Comparison& comparison : summary.comparisons) {
        if (comparison.load != load) continue;
        absl::StrAppend(&text, "- ", Escaped(comparison.sentence),
                        absl::StrFormat(" (Mean %+.2f s; %.2f times as fast.)\n",
                                        comparison.difference.mean, comparison.speed_up));
      }
    }
  }
  if (!agreements.empty()) {
    absl::StrAppend(
        &text, "\n## Real and simulated\n\n",
        "Each cell was simulated with the compute time and round trip that it measured, "
        "with the same seeds. Ranking of the policies: ",
        SameRanking(agreements) ? "the same" : "NOT the same", ".\n\n",
        MarkdownTable(AgreementTable(experiment, agreements)));
  }
  absl::StrAppend(&text, "\n## Lower bounds\n\nOf the mean, without the time of messages.\n\n",
                  MarkdownTable(BoundsTable(summary)));
  absl::StrAppend(&text, "\nModel digest of every run: `", summary.digest, "`\n");
  return text;
}

}  // namespace mlp::experiment
