#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/enum_words.h"
#include "cli/errors.h"
#include "cli/model_source.h"
#include "cli/options_reference.h"
#include "cli/table_options.h"
#include "cli/training_options.h"
#include "services/base/duration_text.h"
#include "services/wire/time_proto.h"

namespace mlp::cli {
namespace {

bool IsWholeNumber(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

// An option that takes one of the words of an enumeration, or one of `more`.
template <class Enum>
void AddEnum(CLI::App& app, const std::string& name, const std::string& description,
             std::function<void(Enum)> set, const std::map<std::string, int>& more = {}) {
  std::map<std::string, int> numbers = EnumWords(*google::protobuf::GetEnumDescriptor<Enum>());
  numbers.insert(more.begin(), more.end());
  const std::string words = absl::StrJoin(
      numbers, "|", [](std::string* out, const auto& entry) { out->append(entry.first); });
  app.add_option_function<std::string>(
         name,
         [numbers, words, name, set](const std::string& word) {
           const auto found = numbers.find(word);
           if (found == numbers.end()) {
             throw CLI::ValidationError(name, absl::StrCat(word, " is not one of ", words));
           }
           set(static_cast<Enum>(found->second));
         },
         description)
      ->type_name(words);
}

struct HedgingWord {
  bool on = true;
  std::optional<std::chrono::nanoseconds> after;
};

// on, off, or a duration.
HedgingWord ParseHedging(const std::string& word) {
  HedgingWord hedging{.on = word != "off", .after = {}};
  if (word == "on" || word == "off") return hedging;
  const auto after = ParseDuration(word);
  if (!after.ok()) {
    throw CLI::ValidationError(
        "--hedge", absl::StrCat(word, " is neither on, off nor a duration such as 10ms"));
  }
  hedging.after = *after;
  return hedging;
}

void SetHedging(const HedgingWord& hedging, v1::JobSpec& spec) {
  spec.clear_hedge_after();
  spec.set_hedging(hedging.on ? v1::HEDGING_ON : v1::HEDGING_OFF);
  if (hedging.after) *spec.mutable_hedge_after() = wire::ToProto(*hedging.after);
}

void AddSchedulingOptions(CLI::App& app, v1::JobSpec& spec) {
  app.add_option_function<int>(
      "--slots", [&](int slots) { spec.set_slots(slots); },
      "With pull: tasks a node may hold at once; one computes, held-up ones overlap "
      "[shards / nodes, at most 8]");
  app.add_option_function<std::string>(
         "--hedge", [&](const std::string& word) { SetHedging(ParseHedging(word), spec); },
         "With pull: a second copy of a task that was accepted so long ago and has not started; on "
         "is 10ms [on]")
      ->type_name("on|off|DURATION");
}

void AddPolicy(CLI::App& app, v1::JobSpec& spec) {
  AddEnum<v1::Policy>(
      app, "--policy",
      "Which node gets which shard; 1 is random, 2 least-load, 3 pull, 4 power-of-two "
      "[the coordinator's]",
      [&](auto policy) { spec.set_policy(policy); },
      {{"1", v1::POLICY_RANDOM},
       {"2", v1::POLICY_LEAST_LOAD},
       {"3", v1::POLICY_PULL},
       {"4", v1::POLICY_POWER_OF_TWO}});
}

void AddLocalOptions(CLI::App& app, LocalOptions& local, CLI::Option* nodes) {
  app.add_option("--load-probability", local.load_probabilities,
                 "Of injected load: one for all nodes, or one each: 0.2,0.4,0.6,0.8 [0]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(nodes);
  app.add_option_function<std::string>(
         "--load-delay",
         [&](const std::string& text) {
           const auto delay = ParseDuration(text);
           if (!delay.ok()) {
             throw CLI::ValidationError("--load-delay", std::string(delay.status().message()));
           }
           local.load_delay = *delay;
         },
         "How long injected load holds a task up: 20ms, 3s, 1m [3s]")
      ->type_name("DURATION")
      ->needs(nodes);
  app.add_option("--load-seed", local.load_seed, "Of the injected load [1]")->needs(nodes);
  app.add_option("--data-dir", local.data_dir,
                 "Directory that DATASET is looked up in [the one that DATASET is in]")
      ->needs(nodes);
  app.add_option("--log-dir", local.log_dir,
                 "Directory for the job's log, one event a line as JSON [it is not kept]")
      ->needs(nodes);
}

std::vector<std::string> PolicyWords() {
  std::vector<std::string> words;
  for (const auto& [word, number] : EnumWords(*v1::Policy_descriptor())) words.push_back(word);
  return words;
}

void SetHedging(const HedgingWord& hedging, local::WhatIfOptions& options) {
  options.hedging = hedging.on;
  options.hedge_after = hedging.after;
}

// Empty: `name` may be a part of a path and of a request id.
std::string ProblemOfName(const std::string& name) {
  constexpr std::size_t kLongest = 60;
  const bool plain = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (plain && !name.empty() && name.size() <= kLongest) return "";
  return absl::StrCat(name, " is no name: up to ", kLongest, " letters, digits, -, _ and .");
}

// Declares the subcommands; the one that is given ends up in `line`.
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
    Add("nodes", "List the compute nodes", nodes_, "mlp-client nodes");
    AddNode(Add("drain", "Let a node finish what it has and give it nothing new", drain_,
                "mlp-client drain node-2"),
            drain_.node);
    AddNode(Add("undrain", "Give a node that was drained work again", undrain_,
                "mlp-client undrain node-2"),
            undrain_.node);
    AddModel();
    AddEvaluate();
    AddPredict();
    AddReplay();
    AddTimeline();
    AddExperiment();
    AddSweep();
    AddDataset();
  }

 private:
  template <class Command>
  CLI::App& Add(const std::string& name, const std::string& description, Command& command,
                const std::string& example) {
    return AddBelow(app_, name, description, command, example);
  }

  template <class Command>
  CLI::App& AddBelow(CLI::App& parent, const std::string& name, const std::string& description,
                     Command& command, const std::string& example) {
    CLI::App& app = *parent.add_subcommand(name, description);
    app.footer("Example: " + example);
    app.fallthrough();  // --coordinator and --json may come after the command
    app.callback([this, &command] { line_.command = command; });
    return app;
  }

  static void AddId(CLI::App& app, std::string& id) {
    app.add_option("ID", id, "Job id, such as job-7")->required();
  }

  static void AddNode(CLI::App& app, std::string& node) {
    app.add_option("NODE", node, "Its name, as mlp-client nodes lists it")->required();
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
    AddPolicy(app, train_.spec);
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
      line_.command = train_;
    });
  }

  void AddWatch() {
    CLI::App& app = Add("watch", "Follow a job to its end", watch_, "mlp-client watch job-7");
    AddId(app, watch_.id);
    app.add_option("--from", watch_.from, "Number of the first event [1]")
        ->check(CLI::NonNegativeNumber);
  }

  // `model ID -o FILE` is older than the commands below it.
  void AddModel() {
    CLI::App& app = *app_.add_subcommand(
        "model",
        "Export, import, list and remove models; with an ID alone, fetch that one as it is");
    app.fallthrough();
    app.footer("Example: mlp-client model export job-7 -o letters.onnx");
    app.add_option("ID", model_.model, "Job id, such as job-7");
    app.add_option("-o,--output", model_.output, "File to write [standard output]");
    AddExport(app);
    AddImport(app);
    AddBelow(app, "ls", "List the models of jobs and those that were imported", list_models_,
             "mlp-client model ls");
    AddBelow(app, "rm", "Remove an imported model", remove_model_, "mlp-client model rm model-3")
        .add_option("ID", remove_model_.id, "Its id or name")
        ->required();
    app.callback([this, &app] {
      if (!app.get_subcommands().empty()) return;
      if (model_.model.empty()) throw CLI::RequiredError("A subcommand or ID");
      model_.format = model::Format::kMlp;
      line_.command = model_;
    });
  }

  void AddExport(CLI::App& model) {
    CLI::App& app = AddBelow(model, "export",
                             "Write a model for others: ONNX, NumPy (npz), JSON, or as it is (mlp)",
                             export_, "mlp-client model export job-7 -o letters.onnx");
    AddModelArgument(app, export_.model);
    app.add_option_function<std::string>(
           "--format",
           [this](const std::string& word) {
             const absl::StatusOr<model::Format> format = model::ParseFormat(word);
             if (!format.ok()) {
               throw CLI::ValidationError("--format", std::string(format.status().message()));
             }
             export_.format = *format;
           },
           "[what FILE ends with, or mlp]")
        ->type_name("onnx|npz|json|mlp");
    app.add_option("-o,--output", export_.output, "File to write [standard output]");
  }

  void AddImport(CLI::App& model) {
    CLI::App& app = AddBelow(model, "import", "Give the coordinator a model that export wrote",
                             import_, "mlp-client model import letters.npz --name letters");
    app.add_option("FILE", import_.file, "A file in the format mlp, npz or JSON")->required();
    app.add_option("--name", import_.name, "What to call it [model- and a number]");
  }

  static void AddModelArgument(CLI::App& app, std::string& model) {
    app.add_option("MODEL", model, kModelHelp)->required();
  }

  void AddPredict() {
    CLI::App& app = Add("predict", "Print what a model says of the rows of a table, as CSV",
                        predict_, "mlp-client predict job-7 new.csv -o predictions.csv");
    AddModelArgument(app, predict_.model);
    app.add_option(
           "FILE", predict_.file,
           "CSV of any size; - for standard input. Its columns are found by their names, or "
           "without a header by their order; a label is ignored")
        ->required();
    app.add_option("-o,--output", predict_.output,
                   "File to write, when all rows are there [standard output]");
    app.add_flag("--labels-only", predict_.labels_only, "Without the probabilities");
    AddSeparatorOption(app, predict_.separator);
  }

  void AddEvaluate() {
    CLI::App& app = Add("evaluate", "Measure a model on the rows of a file", evaluate_,
                        "mlp-client evaluate job-7 datasets/letters/train_letters11.txt");
    AddModelArgument(app, evaluate_.model);
    app.add_option("FILE", evaluate_.file,
                   "CSV of any size with the label; - for standard input. Where it is not here, a "
                   "name below the coordinator's --data-dir")
        ->required();
    AddSeparatorOption(app, evaluate_.separator);
  }

  void AddReplay() {
    CLI::App& app = Add("replay",
                        "Replay a job's log (--log-dir of the coordinator): is every decision what "
                        "the scheduler decides now? With --policy: simulate it under another one",
                        replay_, "mlp-client replay logs/job-7.jsonl --policy random");
    app.add_option("JOB-LOG", replay_.log, "File")->required();
    CLI::Option* policy = app.add_option("--policy", what_if_.policy,
                                         "Simulate the job, with the same misfortunes, under this");
    policy->type_name(absl::StrJoin(PolicyWords(), "|"))->check(CLI::IsMember(PolicyWords()));
    app.add_option("--slots", what_if_.slots, "Tasks a node may hold at once; 0: shards / nodes")
        ->check(CLI::Range(0, 1000))
        ->needs(policy);
    app.add_option_function<std::string>(
           "--hedge", [this](const std::string& word) { SetHedging(ParseHedging(word), what_if_); },
           "Second copies: on, off, or on for tasks that have not started after this time")
        ->type_name("on|off|DURATION")
        ->needs(policy);
    app.callback([this, policy] {
      if (policy->count() > 0) replay_.other = what_if_;
      line_.command = replay_;
    });
  }

  void AddTimeline() {
    CLI::App& app = Add("timeline", "Show what each attempt of a job spent its time on, and why",
                        timeline_, "mlp-client timeline job-7 --html job-7.html");
    app.add_option("JOB", timeline_.job, "Job id, such as job-7, or the path of a job log (.jsonl)")
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
      line_.command = sweep_;
    });
  }

  void AddDataset() {
    CLI::App& app = *app_.add_subcommand("dataset", "Send, list, remove and make datasets");
    app.require_subcommand(1);
    app.fallthrough();
    CLI::App& put =
        AddBelow(app, "put",
                 "Send the coordinator a dataset: a table (CSV, LIBSVM or NumPy, also "
                 "gzipped) or a directory of train_* files and one validate_* file. What "
                 "is there already is not sent again",
                 put_, "mlp-client dataset put iris.csv --label species");
    put.add_option("PATH", put_.path, "File or directory")->required();
    put.add_option("--name", put_.name, "What jobs call it [PATH's name without its ending]");
    AddTableOptions(put, put_);
    put.add_flag_callback(
        "--standardize", [this] { put_.standardize = put_.options.standardize = true; },
        "A directory's rows, too; they are sent as they are otherwise");
    AddBelow(app, "ls", "List the coordinator's datasets", list_datasets_, "mlp-client dataset ls");
    AddBelow(app, "rm", "Remove a dataset that clients sent, unless a job uses it", remove_dataset_,
             "mlp-client dataset rm letters")
        .add_option("NAME", remove_dataset_.name, "Its name")
        ->required();
    AddSplit(app);
    CLI::App& show = AddBelow(
        app, "show",
        "Say what is in a table, a dataset's directory or a coordinator's dataset: columns, "
        "ranges, classes",
        show_, "mlp-client dataset show iris.csv --label species");
    show.add_option("WHAT", show_.what, "File, directory or dataset's name")->required();
    AddColumnOptions(show, show_.options);
  }

  void AddSplit(CLI::App& dataset) {
    CLI::App& app = AddBelow(
        dataset, "split",
        "Make a dataset's directory of a table (CSV, LIBSVM or NumPy, also gzipped), or of another "
        "such directory, standardised. Needs no coordinator",
        split_, "mlp-client dataset split iris.csv --label species --shards 11 --validation 0.2");
    app.add_option("PATH", split_.file, "File or directory")->required();
    AddTableOptions(app, split_);
    app.add_option("--out", split_.out,
                   "Directory to make, here [a file's name without its ending, a directory's and "
                   "-standardized]")
        ->type_name("DIR");
  }

  // Of both commands that make datasets of tables.
  template <class Command>
  void AddTableOptions(CLI::App& app, Command& command) {
    TableOptions& options = command.options;
    std::vector<CLI::Option*> added = AddColumnOptions(app, options);
    for (CLI::Option* option : AddDealOptions(app, options)) added.push_back(option);
    app.callback([this, &command, added] {
      command.table_options_given = std::any_of(
          added.begin(), added.end(), [](const CLI::Option* option) { return !option->empty(); });
      line_.command = command;
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
  DrainCommand drain_;
  UndrainCommand undrain_;
  ModelExportCommand model_;
  ModelExportCommand export_;
  ModelImportCommand import_;
  ModelListCommand list_models_;
  ModelRemoveCommand remove_model_;
  EvaluateCommand evaluate_;
  PredictCommand predict_;
  ExplainCommand explain_;
  ReplayCommand replay_;
  local::WhatIfOptions what_if_;
  TimelineCommand timeline_;
  ExperimentCommand experiment_;
  SweepCommand sweep_;
  int local_nodes_ = 4;
  DatasetPutCommand put_;
  DatasetListCommand list_datasets_;
  DatasetRemoveCommand remove_dataset_;
  DatasetSplitCommand split_;
  DatasetShowCommand show_;
};

// Empty: `address` is host:port.
std::string ProblemOfAddress(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  if (colon == 0 || !IsWholeNumber(port)) {
    return address + " is not host:port, such as localhost:9090";
  }
  int number = 0;
  if (!absl::SimpleAtoi(port, &number) || number < 1 || number > 65535) {
    return absl::StrCat(address, ": ", port, " is not a port; ports are 1 to 65535");
  }
  return "";
}

void AddCommon(CLI::App& app, CommandLine& line) {
  app.set_version_flag("--version", "mlp-client " MLP_VERSION);
  app.add_option("--coordinator", line.coordinator, "Where the coordinator listens")
      ->type_name("HOST:PORT")
      ->capture_default_str()
      ->envname("MLP_COORDINATOR")
      ->check(ProblemOfAddress);
  app.add_flag("--json", line.json, "Print JSON, one object a line");
  app.require_subcommand(1);
  app.footer(
      "Example: mlp-client train letters --preset reference\n"
      "mlp-client COMMAND --help tells more. The reference system's form works too:\n"
      "mlp-client localhost 9090 ./datasets/letters 30 10 20 0.0001");
}

// CLI11 asks for a command before it complains about a word that is none.
std::string ProblemOf(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining();
  if (!app.get_subcommands().empty() || unknown.empty()) return error.what();
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
