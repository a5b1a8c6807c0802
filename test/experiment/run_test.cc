// Tests that run tiny experiments.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "services/experiment/agreement.h"
#include "services/experiment/job_of.h"
#include "services/experiment/real_run.h"
#include "services/experiment/report_text.h"
#include "services/experiment/runner.h"
#include "services/experiment/simulated_run.h"
#include "services/experiment/spec_file.h"
#include "test/experiment/tiny_experiment.h"

namespace mlp::experiment {
namespace {

using Catch::Contains;

std::vector<Run> RunAll(Experiment& experiment, Mode mode, int threads) {
  const coordinator::LoadDataset datasets = DatasetsOf(experiment).value();
  Runner runner(RunsOf(experiment, mode), threads,
                [&](const RunKey& key, const std::stop_token& stop) {
                  return mode == Mode::kReal ? RunReal(experiment, datasets, key, stop)
                                             : RunSimulated(experiment, datasets, key, stop);
                });
  return runner.Take();
}

TEST_CASE("a simulated experiment gives the same results every time, on any number of threads") {
  Experiment experiment = ParseExperiment(kTiny, "tiny.toml").value();
  const std::string once =
      ResultsCsv(experiment, Mode::kSimulated, RunAll(experiment, Mode::kSimulated, 1));
  CHECK(once == ResultsCsv(experiment, Mode::kSimulated, RunAll(experiment, Mode::kSimulated, 3)));
  CHECK(std::count(once.begin(), once.end(), '\n') == 1 + 2 * 2 * 3);
  CHECK_THAT(once, Contains("simulated,random,\"one, other\",3,succeeded,"));
}

TEST_CASE("all runs of an experiment end with one model") {
  Experiment experiment = ParseExperiment(kTiny, "tiny.toml").value();
  const Summary summary =
      Summarise(experiment, Mode::kSimulated, RunAll(experiment, Mode::kSimulated, 2));
  CHECK(summary.runs == 12);
  CHECK(summary.problems.empty());
  CHECK(summary.digest.size() == 64);
  CHECK(summary.comparisons.size() == 2);
}

TEST_CASE("a simulation of a dataset trains its model in the time that it is given") {
  Experiment experiment =
      ParseExperiment(absl::StrReplaceAll(
                          kTiny, {{"[task]\nshards = 4\n", "dataset = \"" MLP_SOURCE_DIR
                                                           "/datasets/letters/\"\nepochs = 1\n"},
                                  {"repeats = 3", "repeats = 1"}}),
                      "tiny.toml")
          .value();
  const Summary summary =
      Summarise(experiment, Mode::kSimulated, RunAll(experiment, Mode::kSimulated, 2));
  CHECK(summary.runs == 4);
  CHECK(summary.problems.empty());
  CHECK(experiment.shards == 11);
  CHECK(summary.cells.front().compute_time == Approx(0.010));
}

TEST_CASE("a real experiment gives the model of the simulated one, in scaled time") {
  Experiment experiment = ParseExperiment(kTiny, "tiny.toml").value();
  const Summary real = Summarise(experiment, Mode::kReal, RunAll(experiment, Mode::kReal, 2));
  const Summary simulated =
      Summarise(experiment, Mode::kSimulated, RunAll(experiment, Mode::kSimulated, 2));
  CHECK(real.problems.empty());
  CHECK(real.runs == 12);
  CHECK(real.digest == simulated.digest);
  // Nothing is faster than the virtual world without messages, whatever the machine does: half of
  // it is safe.
  for (const Agreement& agreement : AgreementsOf(real, simulated)) {
    CHECK(agreement.real.mean > 0.5 * agreement.simulated.mean);
    CHECK(agreement.compute_time >= 0.010);
  }
}

TEST_CASE("a stopped experiment keeps the runs that were completed") {
  Experiment experiment = ParseExperiment(kTiny, "tiny.toml").value();
  const coordinator::LoadDataset datasets = DatasetsOf(experiment).value();
  std::stop_source stop;
  int begun = 0;
  Runner runner(RunsOf(experiment, Mode::kSimulated), 1,
                [&](const RunKey& key, const std::stop_token&) {
                  if (++begun == 5) stop.request_stop();
                  return RunSimulated(experiment, datasets, key, stop.get_token());
                });
  const std::vector<Run> runs = runner.Take();
  CHECK(runs.size() == 4);
  const Summary summary = Summarise(experiment, Mode::kSimulated, runs);
  CHECK(Warnings(summary) == std::vector<std::string>{"it was interrupted after 4 of 12 runs"});
}

TEST_CASE("a cluster of one process has its limits") {
  Experiment experiment = ParseExperiment(kTiny, "tiny.toml").value();
  CHECK(CheckReal(experiment, "tiny.toml").ok());
  experiment.nodes = 1000;
  CHECK_THAT(std::string(CheckReal(experiment, "tiny.toml").message()),
             Contains("tiny.toml: nodes: is 1000"));
}

}  // namespace
}  // namespace mlp::experiment
