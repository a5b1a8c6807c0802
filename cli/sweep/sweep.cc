#include "cli/sweep/sweep.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/client/errors.h"
#include "cli/files/write_file.h"
#include "cli/job/train.h"
#include "cli/sweep/plan_file.h"
#include "cli/sweep/report.h"
#include "cli/sweep/sweep_output.h"
#include "cli/sweep/trials.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;
using sweep::Outcome;
using sweep::Plan;

// The directory for the results. Each content of the file and each name has its own, so that only
// the same sweep is replaced.
fs::path OutputOf(const SweepCommand& command, const Plan& plan) {
  if (!command.out.empty()) return command.out;
  const std::string name = command.name.empty() ? "" : "-" + command.name;
  return fs::path("sweeps-out") /
         absl::StrCat(command.file.stem().string(), name, "-", plan.digest.substr(0, 8));
}

std::string ClientOf(const Session& session, const SweepCommand& command) {
  if (command.local_nodes) return "mlp-client";
  return absl::StrCat("mlp-client --coordinator ", session.coordinator);
}

// The command that repeats the best trial; empty if no trial has a score.
std::string BestCommand(const Session& session, const SweepCommand& command, const Plan& plan,
                        const std::vector<Outcome>& outcomes) {
  const auto standings = Ranked(plan, outcomes);
  if (standings.empty() || !standings.front().best) return "";
  const std::string local =
      command.local_nodes ? absl::StrCat(" --local ", *command.local_nodes) : "";
  return absl::StrCat(ClientOf(session, command), " train", local,
                      TrainArguments(plan, standings.front().best->trial));
}

// Says how an interrupted sweep goes on.
void SayInterrupted(const Session& session, const SweepCommand& command, const Plan& plan,
                    std::size_t ended, const std::vector<std::string>& running) {
  std::string text = absl::StrCat("interrupted after ", ended, " of ", plan.trials(), " trials");
  if (command.local_nodes) return Log(session, text + "; the others and their cluster stop");
  if (!running.empty()) {
    absl::StrAppend(&text, "; ", absl::StrJoin(running, ", "),
                    running.size() == 1 ? " goes on" : " go on");
  }
  absl::StrAppend(&text, ". Go on with all: ", ClientOf(session, command), " sweep ",
                  sweep::Quoted(command.file.string()));
  if (!command.name.empty()) absl::StrAppend(&text, " --name ", command.name);
  if (!command.out.empty()) {
    absl::StrAppend(&text, " --out ", sweep::Quoted(command.out.string()));
  }
  Log(session, text);
}

// Prints and writes the results so far. Returns false if they cannot be written.
bool Report(const Session& session, const SweepCommand& command, const Plan& plan,
            const std::vector<Outcome>& outcomes) {
  const fs::path out = OutputOf(command, plan);
  const std::string best = BestCommand(session, command, plan, outcomes);
  const std::string note =
      outcomes.size() == plan.trials()
          ? ""
          : absl::StrCat("Only ", outcomes.size(), " of ", plan.trials(), " trials have ended.");
  const std::string title = "Sweep of " + command.file.filename().string();
  const absl::Status written =
      WriteInto(out, {{"results.csv", ResultsCsv(plan, outcomes)},
                      {"report.html", ReportHtml(plan, outcomes, title, best, note)}});
  PrintSweep(session, plan, outcomes, {.command = best, .out = out.string()});
  if (!written.ok()) {
    Log(session, std::string(written.message()));
  } else if (!session.json) {
    session.terminal.out << "Written to " << out.string() << ": results.csv, report.html\n";
  }
  return written.ok();
}

int SweepOn(const Session& session, const SweepCommand& command, const Plan& plan,
            const std::string& dataset) {
  std::vector<Outcome> outcomes;
  std::vector<std::string> running;
  absl::Status status;
  {
    SweepProgress progress(session, plan);
    const auto ended = [&](const Outcome& outcome) { progress.End(outcome); };
    const auto show = [&](std::size_t trial, const std::string& text) {
      progress.Show(trial, text);
    };
    sweep::Trials trials(session, plan, command.name, dataset, {.ended = ended, .progress = show});
    status = trials.Run();
    running = trials.Outstanding();
    outcomes = progress.outcomes();
  }
  const bool written = outcomes.empty() || Report(session, command, plan, outcomes);
  if (session.interrupt.happened() && outcomes.size() < plan.trials()) {
    SayInterrupted(session, command, plan, outcomes.size(), running);
    return kExitInterrupted;
  }
  if (!status.ok()) return Fail(session, status);
  const auto scored = [](const Outcome& outcome) { return outcome.problem.empty(); };
  return written && std::ranges::any_of(outcomes, scored) ? kExitDone : kExitFailed;
}

}  // namespace

int Run(const Session& session, const SweepCommand& command) {
  const absl::StatusOr<Plan> plan = sweep::ReadPlan(command.file);
  if (!plan.ok()) {
    Log(session, std::string(plan.status().message()));
    return kExitUsage;
  }
  if (!command.local_nodes) {
    return SweepOn(session, command, *plan, DatasetName(plan->dataset));
  }
  LocalOptions local;
  local.nodes = *command.local_nodes;
  return OnLocalCluster(session, local, plan->dataset,
                        [&](const Session& here, const std::string& dataset) {
                          return SweepOn(here, command, *plan, dataset);
                        });
}

}  // namespace mlp::cli
