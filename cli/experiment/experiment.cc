#include "cli/experiment/experiment.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/errors.h"
#include "cli/experiment/experiment_output.h"
#include "cli/files/write_file.h"
#include "services/experiment/agreement.h"
#include "services/experiment/job_of.h"
#include "services/experiment/real_run.h"
#include "services/experiment/report_html.h"
#include "services/experiment/report_text.h"
#include "services/experiment/runner.h"
#include "services/experiment/simulated_run.h"
#include "services/experiment/spec_file.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;
using experiment::Experiment;
using experiment::Mode;
using experiment::Runner;

// Real runs mostly wait for injected load, so several share the machine without disturbing each
// other; the agreement with the simulation shows it.
constexpr int kRealRunsAtOnce = 2;

int Cores() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

// A directory of that name that does not exist yet: NAME, NAME-2, NAME-3 …
fs::path NewDirectory(const fs::path& name) {
  std::error_code ignored;
  fs::path path = name;
  for (int number = 2; fs::exists(path, ignored); ++number) {
    path = absl::StrCat(name.string(), "-", number);
  }
  return path;
}

// The directory to write to. InvalidArgument if results would be overwritten.
absl::StatusOr<fs::path> OutputOf(const ExperimentCommand& command) {
  if (command.out.empty()) {
    const char* mode = command.real ? "-real" : "-simulated";
    return NewDirectory(fs::path("experiments-out") / (command.file.stem().string() + mode));
  }
  std::error_code ignored;
  if (!fs::exists(command.out, ignored)) return command.out;
  if (fs::is_directory(command.out, ignored) && fs::is_empty(command.out, ignored)) {
    return command.out;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--out ", command.out.string(),
                   " is there already and is no empty directory; choose another one"));
}

class Conductor {
 public:
  Conductor(const Session& session, Experiment& experiment, coordinator::LoadDataset datasets)
      : session_(session), experiment_(experiment), datasets_(std::move(datasets)) {}

  std::vector<experiment::Run> RunAll(Mode mode) {
    const bool real = mode == Mode::kReal;
    const auto run_one = [this, real](const experiment::RunKey& key, const std::stop_token& stop) {
      return real ? experiment::RunReal(experiment_, datasets_, key, stop)
                  : experiment::RunSimulated(experiment_, datasets_, key, stop);
    };
    return Wait(experiment::RunsOf(experiment_, mode), real ? kRealRunsAtOnce : Cores(), run_one,
                real ? "real run" : "simulated run");
  }

  // Simulates each cell with the times that it measured.
  std::vector<experiment::Agreement> Agreements(const experiment::Summary& real) {
    std::vector<Experiment> measured;  // by cell
    std::vector<experiment::RunKey> keys;
    std::vector<std::size_t> cell_of(experiment_.policies.size() * experiment_.loads.size());
    for (const experiment::Cell& cell : real.cells) {
      Experiment as_measured = experiment_;
      as_measured.compute_time = experiment::SecondsToDuration(cell.compute_time);
      as_measured.round_trip = experiment::SecondsToDuration(cell.round_trip);
      cell_of[CellNumber(cell.policy, cell.load)] = measured.size();
      measured.push_back(std::move(as_measured));
      for (const std::uint64_t seed : experiment_.seeds) {
        keys.push_back({cell.policy, cell.load, seed});
      }
    }
    const auto run_one = [&](const experiment::RunKey& key, const std::stop_token& stop) {
      const std::size_t cell = cell_of[CellNumber(key.policy, key.load)];
      return experiment::RunSimulated(measured[cell], datasets_, key, stop);
    };
    const auto runs = Wait(std::move(keys), Cores(), run_one, "simulated run, for comparison");
    return experiment::AgreementsOf(real,
                                    experiment::Summarise(experiment_, Mode::kSimulated, runs));
  }

 private:
  std::size_t CellNumber(std::size_t policy, std::size_t load) const {
    return policy * experiment_.loads.size() + load;
  }

  std::vector<experiment::Run> Wait(std::vector<experiment::RunKey> keys, int threads,
                                    Runner::RunOne run_one, const std::string& what) {
    Runner runner(std::move(keys), threads, std::move(run_one));
    ExperimentProgress progress(session_, what, runner.size());
    while (runner.ended() < runner.size()) {
      progress.Show(runner.ended());
      if (session_.interrupt.WaitFor(progress.interval())) {
        runner.Stop();
        break;
      }
    }
    std::vector<experiment::Run> runs = runner.Take();
    progress.Finish(runs.size());
    return runs;
  }

  const Session& session_;
  Experiment& experiment_;
  const coordinator::LoadDataset datasets_;
};

int Report(const Session& session, const experiment::Summary& summary,
           const std::vector<experiment::Run>& runs,
           const std::vector<experiment::Agreement>& agreements, const fs::path& out) {
  const absl::Status written = WriteInto(
      out, {{"results.csv", experiment::ResultsCsv(*summary.experiment, summary.mode, runs)},
            {"report.md", experiment::ReportMarkdown(summary, agreements)},
            {"report.html", experiment::ReportHtml(summary, agreements)}});
  PrintResults(session, summary, agreements, out.string());
  if (!written.ok()) {
    Log(session, std::string(written.message()));
  } else if (!session.json) {
    session.terminal.out << "Written to " << out.string()
                         << ": results.csv, report.md, report.html\n";
  }
  for (const std::string& warning : experiment::Warnings(summary)) Log(session, warning);
  if (session.interrupt.happened()) return kExitInterrupted;
  return written.ok() && summary.problems.empty() ? kExitDone : kExitFailed;
}

}  // namespace

int Run(const Session& session, const ExperimentCommand& command) {
  const auto begin = std::chrono::steady_clock::now();
  absl::StatusOr<Experiment> experiment = experiment::ReadExperiment(command.file);
  const Mode mode = command.real ? Mode::kReal : Mode::kSimulated;
  absl::Status wrong = experiment.status();
  if (wrong.ok() && command.real) wrong = experiment::CheckReal(*experiment, command.file.string());
  const absl::StatusOr<fs::path> out = OutputOf(command);
  wrong.Update(out.status());
  if (!wrong.ok()) {
    Log(session, std::string(wrong.message()));
    return kExitUsage;
  }
  auto datasets = experiment::DatasetsOf(*experiment);
  if (!datasets.ok()) {
    Log(session, absl::StrCat(command.file.string(), ": dataset: ", datasets.status().message()));
    return kExitFailed;
  }
  Conductor conductor(session, *experiment, *std::move(datasets));
  const std::vector<experiment::Run> runs = conductor.RunAll(mode);
  const experiment::Summary summary = experiment::Summarise(*experiment, mode, runs);
  std::vector<experiment::Agreement> agreements;
  if (command.real && !session.interrupt.happened()) agreements = conductor.Agreements(summary);
  const int exit_code = Report(session, summary, runs, agreements, *out);
  if (!session.json) {
    session.terminal.out << DurationText(std::chrono::steady_clock::now() - begin)
                         << " altogether\n";
  }
  return exit_code;
}

}  // namespace mlp::cli
