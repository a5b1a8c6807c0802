#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "cli/add_command.h"
#include "cli/client/errors.h"
#include "cli/dataset_commands.h"
#include "cli/experiment/experiment.h"
#include "cli/job/jobs.h"
#include "cli/job/train.h"
#include "cli/local_options.h"
#include "cli/model_commands.h"
#include "cli/node/nodes.h"
#include "cli/options/scheduling_options.h"
#include "cli/options/training_options.h"
#include "cli/options_reference.h"
#include "cli/replay/replay.h"
#include "cli/sweep/sweep.h"
#include "cli/timeline/timeline.h"
#include "services/base/address.h"
#include "services/program/options.h"

namespace mlp::cli {
namespace {

bool IsWholeNumber(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Empty if `name` may be a part of a path and of a request id.
std::string ProblemOfName(const std::string& name) {
  constexpr std::size_t kLongest = 60;
  const bool plain = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (plain && !name.empty() && name.size() <= kLongest) return "";
  return absl::StrCat(name, " is no name: up to ", kLongest, " letters, digits, -, _ and .");
}

// Declares the subcommands. The one that the user gives ends up in `line`.
class Commands {
 public:
  Commands(CLI::App& app, CommandLine& line) : app_(app), line_(line) {
    AddTrain();
    Add("jobs", "List the jobs, newest first", jobs_, "mlp-client jobs --limit 5")
        .add_option("--limit", jobs_.limit, "Jobs to show [20]")
        ->check(CLI::Range(1, 1000));
    AddId(Add("job", "Show one job", job_, "mlp-client job job-7"), job_.id);
    AddWatch();
    AddId(Add("cancel", "Ask a job to stop", cancel_, "mlp-client cancel job-7"), cancel_.id);
    AddId(Add("rm", "Forget a job that has ended, with its events and its model", remove_,
              "mlp-client rm job-7"),
          remove_.id);
    AddId(Add("explain", "Say what a job waits for now, and what comes next", explain_,
              "mlp-client explain job-7"),
          explain_.id);
    AddNodes();
    AddNode(Add("drain", "Let a node finish what it has and give it nothing new", drain_,
                "mlp-client drain node-2"),
            drain_.node);
    AddNode(Add("undrain", "Give a node that was drained work again", undrain_,
                "mlp-client undrain node-2"),
            undrain_.node);
    models_.AddTo(app, line);
    AddReplay();
    AddTimeline();
    AddExperiment();
    AddSweep();
    datasets_.AddTo(app, line);
  }

 private:
  template <class Command>
  CLI::App& Add(const std::string& name, const std::string& description, Command& command,
                const std::string& example) {
    return AddCommand(app_, line_, name, description, command, example);
  }

  static void AddId(CLI::App& app, std::string& id) {
    app.add_option("ID", id, "Job id, such as job-7")->required();
  }

  static void AddNode(CLI::App& app, std::string& node) {
    app.add_option("NODE", node, "Its name, as mlp-client nodes lists it")->required();
  }

  void AddNodes() {
    CLI::App& app = Add("nodes", "List the compute nodes", nodes_, "mlp-client nodes");
    AddNode(AddCommand(app, line_, "rm", "Forget a node that is gone", remove_node_,
                       "mlp-client nodes rm node-2"),
            remove_node_.node);
    app.callback([this, &app] {
      if (app.get_subcommands().empty()) line_.Choose(nodes_);
    });
  }

  void AddTrain() {
    CLI::App& app =
        Add("train", "Train on a dataset: submit a job and follow it", train_,
            "mlp-client train letters --rounds 30 --hidden 64,32 --learning-rate 0.0001");
    app.add_option(
           "DATASET", train_.dataset,
           "A dataset of the coordinator's: one that was put, or a directory below its --data-dir. "
           "For a path to a directory that is there, such as ./datasets/letters, its last "
           "component "
           "is used")
        ->required();
    AddTrainingOptions(app, train_.spec);
    AddSchedulingOptions(app, train_.spec);
    app.add_option("--request-id", train_.request_id,
                   "A repeated submission with the same id is the same job [random]");
    CLI::Option* detach = app.add_flag("--detach", train_.detach, "Submit and return at once");
    app.add_option("--save", train_.save,
                   "Write the model to this file, in the format of its ending: .mlp, .onnx, .npz, "
                   ".json")
        ->type_name("FILE")
        ->excludes(detach);
    CLI::Option* local =
        app.add_option("--local", local_.nodes,
                       "Train on a cluster of so many nodes inside this process; DATASET is a path")
            ->type_name("NODES")
            ->excludes(detach);
    AddLocalOptions(app, local_, local);
    app.callback([this, local] {
      if (local->count() > 0) train_.local = local_;
      line_.Choose(train_);
    });
  }

  void AddWatch() {
    CLI::App& app = Add("watch", "Follow a job to its end", watch_, "mlp-client watch job-7");
    AddId(app, watch_.id);
    app.add_option("--from", watch_.from, "Number of the first event [1]")
        ->check(CLI::NonNegativeNumber);
  }

  void AddReplay() {
    CLI::App& app = Add("replay",
                        "Replay a job's log (--log-dir of the coordinator): is every decision what "
                        "the scheduler decides now? With --policy: simulate it under another one",
                        replay_, "mlp-client replay logs/job-7.jsonl --policy random");
    app.add_option("JOB-LOG", replay_.log, "File")->required();
    CLI::Option* policy = AddWhatIfOptions(app, what_if_);
    app.callback([this, policy] {
      if (policy->count() > 0) replay_.other = what_if_;
      line_.Choose(replay_);
    });
  }

  void AddTimeline() {
    CLI::App& app = Add("timeline", "Show what each attempt of a job spent its time on, and why",
                        timeline_, "mlp-client timeline job-7 --html job-7.html");
    app.add_option("JOB", timeline_.job,
                   "Path of a job log (.jsonl), or else a job id, such as job-7")
        ->required();
    app.add_option("--csv", timeline_.csv, "Write a table for other programs instead")
        ->type_name("FILE");
    app.add_option("--html", timeline_.html, "Write a page to look at in a browser instead")
        ->type_name("FILE");
    app.add_option("--chrome-trace", timeline_.chrome_trace,
                   "Write a trace for Perfetto or chrome://tracing instead")
        ->type_name("FILE");
  }

  void AddExperiment() {
    CLI::App& app =
        Add("experiment", "Run policies under loads, again and again, in this process, and report",
            experiment_, "mlp-client experiment experiments/reference-table.toml --simulated");
    app.add_option("FILE", experiment_.file, "What to run, in TOML; docs/running.md has the keys")
        ->required();
    CLI::Option* real = app.add_flag("--real", experiment_.real,
                                     "On clusters inside this process, with real gRPC and time");
    app.add_flag("--simulated", experiment_.simulated, "In virtual time; the default")
        ->excludes(real);
    app.add_option("--out", experiment_.out,
                   "Directory for results.csv, report.md and report.html; it must be new or empty "
                   "[a new one below experiments-out/]")
        ->type_name("DIR");
  }

  void AddSweep() {
    CLI::App& app =
        Add("sweep",
            "Train with many settings, each a job, and rank them. The same again goes on "
            "where it was interrupted",
            sweep_, "mlp-client sweep experiments/letters-sweep.toml");
    app.add_option("FILE", sweep_.file, "What to try, in TOML; docs/running.md has the keys")
        ->required();
    app.add_option("--name", sweep_.name,
                   "Sweeps of the same file with another name train everything anew [none]")
        ->check(ProblemOfName);
    app.add_option("--out", sweep_.out,
                   "Directory for results.csv and report.html, which are replaced "
                   "[one for FILE and --name below sweeps-out/]")
        ->type_name("DIR");
    CLI::Option* local = app.add_option("--local", local_nodes_,
                                        "On a cluster of so many nodes inside this process; the "
                                        "dataset is a path, and nothing is left to go on with");
    local->type_name("NODES");
    app.callback([this, local] {
      if (local->count() > 0) sweep_.local_nodes = local_nodes_;
      line_.Choose(sweep_);
    });
  }

  CLI::App& app_;
  CommandLine& line_;
  TrainCommand train_;
  LocalOptions local_;
  JobsCommand jobs_;
  JobCommand job_;
  WatchCommand watch_;
  CancelCommand cancel_;
  RemoveCommand remove_;
  NodesCommand nodes_;
  NodeRemoveCommand remove_node_;
  DrainCommand drain_;
  UndrainCommand undrain_;
  ModelCommands models_;
  ExplainCommand explain_;
  ReplayCommand replay_;
  simulation::WhatIfOptions what_if_;
  TimelineCommand timeline_;
  ExperimentCommand experiment_;
  SweepCommand sweep_;
  int local_nodes_ = 4;
  DatasetCommands datasets_;
};

void AddCommon(CLI::App& app, CommandLine& line) {
  app.set_version_flag("--version", "mlp-client " MLP_VERSION);
  app.add_option("--coordinator", line.coordinator, "Where the coordinator listens")
      ->type_name("HOST:PORT")
      ->capture_default_str()
      ->envname("MLP_COORDINATOR")
      ->check(program::AddressCheck(AddressUse::kConnect));
  app.add_flag("--json", line.json, "Print JSON, one object a line");
  app.require_subcommand(1);
  app.footer(
      "Example: mlp-client train letters --preset reference\n"
      "mlp-client COMMAND --help tells more. The reference system's form works too:\n"
      "mlp-client localhost 9090 ./datasets/letters 30 10 20 0.0001");
}

// CLI11 asks for a command before it complains about a word that is not a command.
std::string ProblemOf(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining();
  if (!app.get_subcommands().empty() || unknown.empty()) {
    return program::NamingVariables(app, error.what());
  }
  if (unknown.size() > 1 && !unknown[0].starts_with("-") && IsWholeNumber(unknown[1])) {
    return unknown[0] +
           " is not a command, and the reference system's form has seven arguments and no options: "
           "HOST PORT DATASET ROUNDS EPOCHS HIDDEN LEARNING-RATE";
  }
  return unknown.front() + " is not a command or an option";
}

EarlyExit EarlyExitFor(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != 0) {
    return {kExitUsage,
            absl::StrCat("mlp-client: ", ProblemOf(app, error),
                         "\nmlp-client --help and mlp-client COMMAND --help tell more\n")};
  }
  std::ostringstream text;
  app.exit(error, text, text);
  return {kExitDone, text.str()};
}

}  // namespace

std::variant<CommandLine, EarlyExit> ParseCommandLine(std::vector<std::string> arguments) {
  CommandLine line;
  CLI::App app("Trains multi-layer perceptrons on an mlp-cluster", "mlp-client");
  AddCommon(app, line);
  const Commands commands(app, line);
  const CLI::App& reference = *app.add_subcommand("help-markdown")->group("");  // not in the help
  arguments = ExpandReferenceForm(std::move(arguments));
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return EarlyExitFor(app, error);
  }
  if (reference.parsed()) return EarlyExit{kExitDone, OptionsReference(app)};
  return line;
}

std::vector<std::string> ExpandReferenceForm(std::vector<std::string> arguments) {
  if (arguments.size() != 7 || arguments[0].starts_with("-") || !IsWholeNumber(arguments[1])) {
    return arguments;
  }
  return {"--coordinator",   absl::StrCat(arguments[0], ":", arguments[1]),
          "train",           arguments[2],
          "--preset",        "reference",
          "--rounds",        arguments[3],
          "--epochs",        arguments[4],
          "--hidden",        arguments[5],
          "--learning-rate", arguments[6]};
}

}  // namespace mlp::cli
