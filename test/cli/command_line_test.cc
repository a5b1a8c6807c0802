#include "cli/command_line.h"

#include <google/protobuf/descriptor.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "absl/strings/str_split.h"
#include "cli/client/errors.h"
#include "cli/job/jobs.h"
#include "cli/job/train.h"
#include "cli/model/evaluate.h"
#include "cli/model/models.h"
#include "cli/model/predict.h"
#include "cli/node/nodes.h"
#include "cli/options/enum_words.h"
#include "cli/replay/replay.h"
#include "test/cli/all_commands.h"

namespace mlp::cli {
namespace {

template <class Command>
Command Parsed(std::vector<std::string> arguments) {
  const auto parsed = ParseCommandLine(std::move(arguments));
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) FAIL(early->text);
  const Command* command = std::get<CommandLine>(parsed).chosen<Command>();
  REQUIRE(command != nullptr);
  return *command;
}

EarlyExit Refused(std::vector<std::string> arguments) {
  const auto parsed = ParseCommandLine(std::move(arguments));
  REQUIRE(std::holds_alternative<EarlyExit>(parsed));
  return std::get<EarlyExit>(parsed);
}

std::vector<int> HiddenOf(const TrainCommand& command) {
  const auto& sizes = command.spec.hidden_layer_sizes();
  return {sizes.begin(), sizes.end()};
}

TEST_CASE(
    "the reference has every command and option with its default, and help does not name it") {
  const EarlyExit page = Refused({"help-markdown"});
  CHECK(page.exit_code == kExitDone);
  for (const std::string part :
       {"| `--coordinator` | `HOST:PORT` | localhost:9090 | ", "\n## train\n",
        "| `DATASET` | `TEXT` | required | ",
        "| `--hidden` | `INT,...` | 20; by sgd and adam 100 | ", "| `--no-shuffle` |  |  | ",
        "| `--activation` | `identity\\|logistic\\|", "\n## dataset split\n",
        "| `--limit` | `INT in [1 - 1000]` | 20 | ", "| `--from` | `INT >= 0` | 1 | ",
        "| `--format` | `onnx\\|npz\\|json\\|mlp` | what FILE ends with, or mlp | What to write |",
        "| `-o,--output` | ", "Example: `mlp-client drain node-2`"}) {
    CHECK_THAT(page.text, Catch::Contains(part));
  }
  CHECK_THAT(page.text, !Catch::Contains("help-markdown"));
  CHECK_THAT(Refused({"--help"}).text, !Catch::Contains("help-markdown"));
}

TEST_CASE("replay takes a log, and another policy with its options") {
  const auto compared = Parsed<ReplayCommand>({"replay", "job-1.jsonl"});
  CHECK(compared.log == "job-1.jsonl");
  CHECK_FALSE(compared.other.has_value());

  const auto tried = Parsed<ReplayCommand>(
      {"replay", "job-1.jsonl", "--policy", "pull", "--slots", "3", "--hedge", "20ms"});
  REQUIRE(tried.other.has_value());
  CHECK(tried.other->policy == "pull");
  CHECK(tried.other->slots == 3);
  CHECK(tried.other->hedging == true);
  CHECK(tried.other->hedge_after == std::chrono::milliseconds(20));
  const auto off =
      Parsed<ReplayCommand>({"replay", "job-1.jsonl", "--policy", "pull", "--hedge", "off"});
  CHECK(off.other->hedging == false);
  CHECK_FALSE(off.other->slots.has_value());

  CHECK(Refused({"replay"}).exit_code == kExitUsage);
  CHECK(Refused({"replay", "a", "--policy", "fastest"}).exit_code == kExitUsage);
  CHECK(Refused({"replay", "a", "--policy", "pull", "--hedge", "soon"}).exit_code == kExitUsage);
  CHECK(Refused({"replay", "a", "--slots", "3"}).exit_code == kExitUsage);
}

TEST_CASE("train puts only what was given into the specification") {
  const auto command = Parsed<TrainCommand>({"train", "letters"});
  CHECK(command.dataset == "letters");
  CHECK(command.spec.ByteSizeLong() == 0);
  CHECK_FALSE(command.detach);
}

TEST_CASE("train takes every option") {
  const auto command = Parsed<TrainCommand>({"train",
                                             "--rounds",
                                             "3",
                                             "--epochs",
                                             "4",
                                             "--learning-rate",
                                             "1e-3",
                                             "--tolerance",
                                             "0",
                                             "--seed",
                                             "4294967295",
                                             "--max-retries",
                                             "0",
                                             "--activation",
                                             "unrectified-relu",
                                             "--precision",
                                             "float32",
                                             "--initialization",
                                             "glorot-uniform",
                                             "--policy",
                                             "least-load",
                                             "--preset",
                                             "reference",
                                             "--request-id",
                                             "x",
                                             "--detach",
                                             "letters"});
  const v1::JobSpec& spec = command.spec;
  CHECK(spec.rounds() == 3);
  CHECK(spec.epochs() == 4);
  CHECK(spec.learning_rate() == 1e-3);
  CHECK(spec.has_tolerance());
  CHECK(spec.seed() == 4294967295u);
  CHECK(spec.has_max_retries());
  CHECK(spec.activation() == v1::ACTIVATION_UNRECTIFIED_RELU);
  CHECK(spec.precision() == v1::PRECISION_FLOAT32);
  CHECK(spec.initialization() == v1::INITIALIZATION_GLOROT_UNIFORM);
  CHECK(spec.policy() == v1::POLICY_LEAST_LOAD);
  CHECK(spec.preset() == v1::PRESET_REFERENCE);
  CHECK(command.request_id == "x");
  CHECK(command.detach);
  CHECK(command.dataset == "letters");
}

TEST_CASE("hidden layers are a list, in one word or in several options") {
  CHECK(HiddenOf(Parsed<TrainCommand>({"train", "--hidden", "64,32", "letters"})) ==
        std::vector<int>{64, 32});
  CHECK(HiddenOf(Parsed<TrainCommand>({"train", "--hidden", "64", "--hidden", "32", "letters"})) ==
        std::vector<int>{64, 32});
  CHECK(HiddenOf(Parsed<TrainCommand>({"train", "letters", "--hidden=-1"})) ==
        std::vector<int>{-1});
}

TEST_CASE("a local cluster has its own options, which mean nothing without it") {
  CHECK_FALSE(Parsed<TrainCommand>({"train", "letters"}).local);
  const auto command = Parsed<TrainCommand>({"train", "--local", "4", "--load-probability",
                                             "0.2,0.4,0.6,0.8", "--load-delay", "20ms",
                                             "--load-seed", "7", "--data-dir", "data", "letters"});
  REQUIRE(command.local);
  CHECK(command.local->nodes == 4);
  CHECK(command.local->load_probabilities == std::vector<double>{0.2, 0.4, 0.6, 0.8});
  CHECK(command.local->load_delay == std::chrono::milliseconds(20));
  CHECK(command.local->load_seed == 7);
  CHECK(command.local->data_dir == "data");
  CHECK(command.dataset == "letters");
  CHECK_THAT(Refused({"train", "l", "--load-delay", "3s"}).text, Catch::Contains("--local"));
  CHECK_THAT(Refused({"train", "l", "--local", "2", "--detach"}).text, Catch::Contains("--detach"));
  CHECK_THAT(Refused({"train", "l", "--local", "2", "--load-delay", "3"}).text,
             Catch::Contains("--load-delay"));
}

TEST_CASE("policies go by the reference's numbers too") {
  CHECK(Parsed<TrainCommand>({"train", "l", "--policy", "1"}).spec.policy() == v1::POLICY_RANDOM);
  CHECK(Parsed<TrainCommand>({"train", "l", "--policy", "2"}).spec.policy() ==
        v1::POLICY_LEAST_LOAD);
}

TEST_CASE("the other commands take their arguments, with common options before or after") {
  CHECK(Parsed<JobsCommand>({"--json", "jobs", "--limit", "5"}).limit == 5);
  CHECK(Parsed<JobCommand>({"job", "job-7", "--json"}).id == "job-7");
  CHECK(Parsed<WatchCommand>({"watch", "job-7", "--from", "12"}).from == 12);
  CHECK(Parsed<CancelCommand>({"cancel", "job-7"}).id == "job-7");
  CHECK(Parsed<ExplainCommand>({"explain", "job-7"}).id == "job-7");
  CHECK(Parsed<EvaluateCommand>({"evaluate", "job-7", "rows.txt"}).file == "rows.txt");
  CHECK(Parsed<NodeRemoveCommand>({"nodes", "rm", "node-2", "--json"}).node == "node-2");
  const auto parsed = ParseCommandLine({"nodes", "--coordinator", "far:1", "--json"});
  REQUIRE(std::holds_alternative<CommandLine>(parsed));
  const auto& line = std::get<CommandLine>(parsed);
  CHECK(line.chosen<NodesCommand>() != nullptr);
  CHECK(line.chosen<JobsCommand>() == nullptr);
  CHECK(line.coordinator == "far:1");
  CHECK(line.json);
}

TEST_CASE("a model is exported by the command of that name or, as it is, by its id alone") {
  const auto old = Parsed<ModelExportCommand>({"model", "job-7", "-o", "m.onnx"});
  CHECK(old.model == "job-7");
  CHECK(old.output == "m.onnx");
  CHECK(old.format == model::Format::kMlp);
  const auto made = Parsed<ModelExportCommand>({"model", "export", "job-7", "-o", "m.onnx"});
  CHECK(made.model == "job-7");
  CHECK_FALSE(made.format);
  const auto chosen = Parsed<ModelExportCommand>({"model", "export", "m", "--format", "npz"});
  CHECK(chosen.format == model::Format::kNpz);
  CHECK_THAT(Refused({"model", "export", "m", "--format", "xml"}).text,
             Catch::Contains("'xml' is no format: mlp, npz, json and onnx are"));
  const auto imported =
      Parsed<ModelImportCommand>({"model", "import", "m.npz", "--name", "letters"});
  CHECK(imported.file == "m.npz");
  CHECK(imported.name == "letters");
  CHECK(Parsed<ModelRemoveCommand>({"model", "rm", "letters"}).id == "letters");
  Parsed<ModelListCommand>({"model", "ls"});
  CHECK_THAT(Refused({"model"}).text, Catch::Contains("ID"));
}

TEST_CASE("rows are predicted and measured with a separator of one character") {
  const auto predict = Parsed<PredictCommand>(
      {"predict", "job-7", "-", "-o", "p.csv", "--labels-only", "--separator", ";"});
  CHECK(predict.model == "job-7");
  CHECK(predict.file == "-");
  CHECK(predict.output == "p.csv");
  CHECK(predict.labels_only);
  CHECK(predict.separator == ';');
  for (const char* tab : {"tab", "\\t", "\t"}) {
    CHECK(Parsed<EvaluateCommand>({"evaluate", "m", "f", "--separator", tab}).separator == '\t');
  }
  for (const char* wrong : {"", ";;", "\"", "\n"}) {
    CHECK_THAT(Refused({"predict", "m", "f", "--separator", wrong}).text,
               Catch::Contains("--separator"));
  }
}

TEST_CASE("the reference's positional form is a train command with its preset") {
  const auto parsed =
      ParseCommandLine({"localhost", "9091", "./letters", "30", "10", "20", "0.0001"});
  REQUIRE(std::holds_alternative<CommandLine>(parsed));
  const auto& line = std::get<CommandLine>(parsed);
  CHECK(line.coordinator == "localhost:9091");
  REQUIRE(line.chosen<TrainCommand>() != nullptr);
  const TrainCommand& command = *line.chosen<TrainCommand>();
  CHECK(command.dataset == "./letters");
  CHECK(command.spec.preset() == v1::PRESET_REFERENCE);
  CHECK(command.spec.rounds() == 30);
  CHECK(command.spec.epochs() == 10);
  CHECK(HiddenOf(command) == std::vector<int>{20});
  CHECK(command.spec.learning_rate() == 0.0001);
}

TEST_CASE("nothing else is taken for the reference's positional form") {
  const std::vector<std::string> others[] = {
      {"train", "letters", "--rounds", "30", "--epochs", "10", "--json"},
      {"localhost", "9091", "./letters", "30", "10", "20"},
      {"--coordinator", "9091", "train", "letters", "--rounds", "3", "--json"}};
  for (const auto& arguments : others) CHECK(ExpandReferenceForm(arguments) == arguments);
}

TEST_CASE("a wrong number of arguments in the reference's form is refused with their names") {
  const std::string names = "HOST PORT DATASET ROUNDS EPOCHS HIDDEN LEARNING-RATE";
  const std::vector<std::string> wrong[] = {
      {"localhost", "9090", "./letters", "30", "10", "20"},
      {"localhost", "9090", "./letters", "30", "10", "20", "0.0001", "--json"},
      {"localhost", "9090"}};
  for (const auto& arguments : wrong) {
    const EarlyExit refused = Refused(arguments);
    CHECK(refused.exit_code == kExitUsage);
    CHECK_THAT(refused.text, Catch::Contains("localhost is not a command, and the reference") &&
                                 Catch::Contains(names));
  }
  CHECK_THAT(Refused({"fly", "high"}).text,
             Catch::Contains("fly is not a command or an option") && !Catch::Contains(names));
}

TEST_CASE("wrong usage is refused with the option's name") {
  struct Wrong {
    std::vector<std::string> arguments;
    std::string named;
  };
  const Wrong cases[] = {
      {{}, "subcommand"},
      {{"fly"}, "fly"},
      {{"train"}, "DATASET"},
      {{"train", "l", "--rounds", "many"}, "--rounds"},
      {{"train", "l", "--rounds", "99999999999"}, "--rounds"},
      {{"train", "l", "--seed", "-1"}, "--seed"},
      {{"train", "l", "--hidden", "64,x"}, "--hidden"},
      {{"train", "l", "--activation", "step"}, "relu|tanh|unrectified-relu"},
      {{"train", "l", "--policy", "5"}, "least-load"},
      {{"train", "l", "extra"}, "extra"},
      {{"jobs", "--limit", "0"}, "--limit"},
      {{"watch", "job-1", "--from", "-1"}, "--from"},
      {{"nodes", "--coordinator", "localhost"}, "host:port"},
      {{"nodes", "--coordinator", "localhost:"}, "host:port"},
      {{"nodes", "--coordinator", ":9090"}, "host:port"},
      {{"nodes", "--coordinator", "localhost:http"}, "host:port"},
      {{"nodes", "--coordinator", "host:99999"}, "99999 is not a port; ports are 1 to 65535"},
      {{"nodes", "--coordinator", "host:99999999999999999999"}, "not a port"},
      {{"nodes", "--coordinator", "host:0"}, "0 is not a port"},
      {{"nodes", "--coordinator", "http://host:9090"}, "without http://"},
      {{"nodes", "--coordinator", " host:9090"}, "without blanks"},
      {{"nodes", "--coordinator", "::1:9090"}, "write [::1]:9090"},
      {{"localhost", "65536", "./letters", "30", "10", "20", "0.0001"}, "65536 is not a port"},
      {{"timeline"}, "JOB"},
      {{"timeline", "job-1", "--html"}, "--html"},
      {{"train", "l", "--log-dir", "logs"}, "--log-dir"},
      {{"drain"}, "NODE"},
      {{"nodes", "rm"}, "NODE"},
      {{"localhost", "9090", "./letters", "x", "10", "20", "0.0001"}, "--rounds"},
  };
  for (const Wrong& wrong : cases) {
    CAPTURE(wrong.arguments);
    const EarlyExit refused = Refused(wrong.arguments);
    CHECK(refused.exit_code == kExitUsage);
    CHECK_THAT(refused.text, Catch::StartsWith("mlp-client: ") && Catch::Contains(wrong.named));
  }
}

TEST_CASE("every command has help with an example") {
  REQUIRE_FALSE(AllCommands().empty());
  for (const std::string& name : AllCommands()) {
    std::vector<std::string> arguments = absl::StrSplit(name, absl::ByChar(' '));
    arguments.push_back("--help");
    const EarlyExit help = Refused(arguments);
    CHECK(help.exit_code == kExitDone);
    CHECK_THAT(help.text, Catch::Contains("Example: mlp-client " + name));
  }
}

TEST_CASE("a dataset that is a directory here goes by its last component") {
  const std::string letters = MLP_SOURCE_DIR "/datasets/letters";
  CHECK(DatasetName("letters") == "letters");
  CHECK(DatasetName(letters) == "letters");
  CHECK(DatasetName(letters + "/") == "letters");
  CHECK(DatasetName(letters + "/../letters/.") == "letters");
  CHECK(DatasetName("nowhere/letters") == "nowhere/letters");
  CHECK(DatasetName("") == "");
}

TEST_CASE("words of the protocol are the words of the command line") {
  CHECK(Word(v1::ACTIVATION_UNRECTIFIED_RELU) == "unrectified-relu");
  CHECK(Word(static_cast<v1::Activation>(99)) == "unknown");
  const auto words = EnumWords(*google::protobuf::GetEnumDescriptor<v1::Policy>());
  CHECK(words.size() == static_cast<std::size_t>(v1::Policy_descriptor()->value_count()) - 1);
  CHECK_FALSE(words.contains("unspecified"));
  CHECK(words.at("power-of-two") == v1::POLICY_POWER_OF_TWO);
}

}  // namespace
}  // namespace mlp::cli
