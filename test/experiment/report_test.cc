#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "services/experiment/report_html.h"
#include "services/experiment/report_text.h"
#include "services/experiment/spec_file.h"
#include "test/experiment/tiny_experiment.h"

namespace mlp::experiment {
namespace {

using Catch::Contains;

// Random takes 10, 11 and 12 s, pull half of it.
std::vector<Run> Runs(const Experiment& experiment) {
  std::vector<Run> runs;
  for (const RunKey& key : RunsOf(experiment, Mode::kSimulated)) {
    Run run;
    run.key = key;
    run.done = true;
    run.figures.makespan = (9.0 + static_cast<double>(key.seed)) / (key.policy == 0 ? 1 : 2);
    run.figures.computing = 0.25;
    run.figures.held_up = 0.5;
    run.figures.idle = 0.25;
    run.figures.digest = "abcdef";
    runs.push_back(run);
  }
  return runs;
}

TEST_CASE("the report says who is faster, by how much, and what is known") {
  const Experiment experiment = ParseExperiment(kTiny, "tiny.toml").value();
  const Summary summary = Summarise(experiment, Mode::kSimulated, Runs(experiment));
  const std::string text = ReportMarkdown(summary, {});
  CHECK_THAT(text, Contains("# A tiny &lt;experiment>"));
  CHECK_THAT(text, Contains("| half | random | 11.0 ± 2.48 | 3 | 5.00 (+120.0 %) | 7.50 |"));
  CHECK_THAT(text, Contains("pull \\| shipped is 4.3 s to 6.7 s faster than random at load half."));
  CHECK_THAT(text, Contains("2.00 times as fast"));
  CHECK_THAT(text, Contains("one copy, one slot, s"));
  CHECK_THAT(text, Contains("Model digest of every run: `abcdef`"));
  CHECK_THAT(text, !Contains("Warning"));
}

TEST_CASE("the page needs nothing from elsewhere and shows every cell") {
  const Experiment experiment = ParseExperiment(kTiny, "tiny.toml").value();
  const Summary summary = Summarise(experiment, Mode::kSimulated, Runs(experiment));
  const std::string page = ReportHtml(summary, {});
  CHECK_THAT(page, Contains("<h1>A tiny &lt;experiment&gt;</h1>"));
  CHECK_THAT(page, Contains("prefers-color-scheme: dark"));
  CHECK_THAT(page, Contains("Makespan by policy at load half"));
  CHECK_THAT(page, Contains("pull | shipped: 5.50 s ± 1.24 s, 3 runs"));
  CHECK_THAT(page, Contains("lower bound, one copy, one slot"));
  CHECK_THAT(page, Contains("held-up, 50.0 %"));
  CHECK_THAT(page, Contains("known: 5.00 s"));
  for (const char* outside : {"http:", "https:", "<script", "<link", "@import", "url("}) {
    CHECK_THAT(page, !Contains(outside));
  }
}

TEST_CASE("models that differ and runs that failed are loud") {
  const Experiment experiment = ParseExperiment(kTiny, "tiny.toml").value();
  std::vector<Run> runs = Runs(experiment);
  runs[4].figures.digest = "012345";
  runs[7].done = false;
  runs[7].problem = "node-1 \"burnt\", down";
  const Summary summary = Summarise(experiment, Mode::kSimulated, runs);
  REQUIRE(summary.problems.size() == 2);
  CHECK_THAT(summary.problems[0], Contains("random, load one, other, seed 2") &&
                                      Contains("no result here can be trusted"));
  CHECK_THAT(summary.problems[1], Contains("failed: node-1 \"burnt\", down"));
  CHECK_THAT(ReportMarkdown(summary, {}), Contains("**Warning: the run of random"));
  CHECK_THAT(ReportHtml(summary, {}), Contains("class=\"warning\""));
  CHECK_THAT(ResultsCsv(experiment, Mode::kSimulated, runs),
             Contains("failed,") && Contains("\"node-1 \"\"burnt\"\", down\""));
}

TEST_CASE("real and simulated runs rank alike unless a clear order is reversed") {
  const auto agreement = [](std::size_t policy, double real, double simulated) {
    Agreement each;
    each.policy = policy;
    each.real = EstimateOf({real - 1, real, real + 1});
    each.simulated = EstimateOf({simulated - 1, simulated, simulated + 1});
    return each;
  };
  CHECK(SameRanking({agreement(0, 100, 104), agreement(1, 50, 49)}));
  CHECK(SameRanking({agreement(0, 50.5, 49), agreement(1, 50, 50)}));
  CHECK_FALSE(SameRanking({agreement(0, 100, 104), agreement(1, 50, 110)}));
}

}  // namespace
}  // namespace mlp::experiment
