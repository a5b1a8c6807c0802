#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/sweep/nearest.h"
#include "cli/sweep/number_text.h"
#include "cli/sweep/plan_file.h"

namespace mlp::cli::sweep {
namespace {

const std::string kGrid = R"(dataset = "letters"
[settings]
solver = "adam"
no-shuffle = true
[try]
learning-rate = [0.01, 1e-3]
hidden = ["64", [128, 64], 32]
)";

const std::string kRandom = R"(dataset = "letters"
search = "random"
trials = 50
[try]
learning-rate = { min = 1e-4, max = 1e-1, scale = "log" }
batch-size = { min = 16, max = 20 }
dropout = { min = 0, max = 0.5 }
activation = ["relu", "tanh"]
)";

Plan PlanOf(const std::string& text) { return ParsePlan(text, "s.toml").value(); }

double Number(const std::string& text) { return std::stod(text); }

TEST_CASE("a grid has every combination in the order of the file, the first key slowest") {
  const Plan plan = PlanOf(kGrid);
  CHECK(plan.settings == std::vector<Setting>{{"0.01", "64"},
                                              {"0.01", "128,64"},
                                              {"0.01", "32"},
                                              {"0.001", "64"},
                                              {"0.001", "128,64"},
                                              {"0.001", "32"}});
  CHECK(plan.trials() == 6);
  const v1::JobSpec spec = SpecOf(plan, 1, "letters");
  CHECK(spec.dataset() == "letters");
  CHECK(spec.learning_rate() == 0.01);
  CHECK(spec.hidden_layer_sizes_size() == 2);
  CHECK(spec.solver() == v1::SOLVER_ADAM);
  CHECK_FALSE(spec.batches().shuffle());
  CHECK_FALSE(spec.has_seed());
}

TEST_CASE("repeats are trials of the same setting with the seeds 1, 2, 3") {
  const Plan plan = PlanOf("repeats = 3\n" + kGrid);
  CHECK(plan.trials() == 18);
  CHECK(plan.SettingOf(5) == 1);
  CHECK(SpecOf(plan, 5, "letters").seed() == 3);
  CHECK(TrialText(plan, 5) == "learning-rate 0.01, hidden 128,64, seed 3");
  CHECK(PlanText(plan) == "Grid of 6 settings x 3 seeds on letters; solver adam, no-shuffle true");
}

TEST_CASE("the command for a trial has every option of it") {
  CHECK(TrainArguments(PlanOf(kGrid), 4) ==
        " letters --solver adam --no-shuffle --learning-rate 0.001 --hidden 128,64");
  const std::string spaced = absl::StrReplaceAll(kGrid, {{"\"letters\"", "\"it's data\""}});
  CHECK(TrainArguments(PlanOf("repeats = 2\n" + spaced), 1) ==
        " 'it'\\''s data' --solver adam --no-shuffle --learning-rate 0.01 --hidden 64 --seed 2");
}

TEST_CASE("draws lie within their ranges and can be typed, and no setting comes twice") {
  const Plan plan = PlanOf(kRandom);
  CHECK(plan.trials() == 50);
  CHECK(std::set<Setting>(plan.settings.begin(), plan.settings.end()).size() == 50);
  std::set<std::string> sizes, activations;
  int small = 0;
  for (const Setting& setting : plan.settings) {
    CAPTURE(setting);
    CHECK(Number(setting[0]) >= 1e-4);
    CHECK(Number(setting[0]) <= 1e-1);
    if (Number(setting[0]) < 3.16e-3) ++small;  // half of a logarithmic scale
    CHECK(setting[0].size() <= 9);
    sizes.insert(setting[1]);
    CHECK(Number(setting[2]) >= 0);
    CHECK(Number(setting[2]) <= 0.5);
    activations.insert(setting[3]);
  }
  CHECK(small > 15);
  CHECK(small < 35);
  CHECK(sizes == std::set<std::string>{"16", "17", "18", "19", "20"});
  CHECK(activations == std::set<std::string>{"relu", "tanh"});
}

TEST_CASE("the same seed draws the same settings, more of them begin alike, another seed differs") {
  const Plan plan = PlanOf(kRandom);
  CHECK(PlanOf(kRandom).settings == plan.settings);
  const Plan longer = PlanOf(absl::StrReplaceAll(kRandom, {{"trials = 50", "trials = 60"}}));
  CHECK(std::vector<Setting>(longer.settings.begin(), longer.settings.begin() + 50) ==
        plan.settings);
  CHECK(PlanOf("seed = 2\n" + kRandom).settings[0] != plan.settings[0]);
}

TEST_CASE("a random search over few values ends with all of them") {
  const Plan plan = PlanOf(
      "dataset = \"l\"\nsearch = \"random\"\n[try]\nbatch-size = [1, 2]\n"
      "rounds = { min = 1, max = 2 }\n");
  CHECK(plan.trials() == 4);
  CHECK(PlanOf("dataset = \"l\"\nsearch = \"random\"\ntrials = 10000\n[try]\nhidden = [1, 2]\n")
            .trials() == 2);
}

TEST_CASE("request ids are those of the file, the name and the trial") {
  const Plan plan = PlanOf(kGrid);
  const std::string id = RequestId(plan, "", 0);
  CHECK(id == RequestId(PlanOf(kGrid), "", 0));
  CHECK(id != RequestId(plan, "", 1));
  CHECK(id != RequestId(plan, "again", 0));
  CHECK(id != RequestId(PlanOf(kGrid + "# changed\n"), "", 0));
  CHECK(RequestId(plan, "a-name", 9999).size() <= 128);
}

struct Mistake {
  std::string text, what, with;  // what is replaced, with what
  std::string message;
};
const std::vector<Mistake> kMistakes = {
    {kGrid, "dataset = \"letters\"", "", "s.toml:1: dataset: is required"},
    {kGrid, "dataset =", "= ", "s.toml:1: column 1: is no TOML:"},
    {kGrid, "[settings]", "trails = 3\n[settings]", "s.toml:2: trails: is no key here; there are:"},
    {kGrid, "[settings]", "search = \"best\"\n[settings]",
     "s.toml:2: search: is best; must be grid or random"},
    {kGrid, "[settings]", "trials = 3\n[settings]",
     "s.toml:2: trials: is for search = \"random\" only"},
    {kGrid, "[settings]", "seed = 3\n[settings]",
     "s.toml:2: seed: is for search = \"random\" only"},
    {kGrid, "[settings]", "repeats = 0\n[settings]", "s.toml:2: repeats: is 0; must be 1 to 1000"},
    {kGrid, "[try]", "seed = 1\n[try]", "" /* without repeats it is an option like others */},
    {"repeats = 2\n" + kGrid, "[try]", "seed = 1\n[try]",
     "s.toml:6: settings.seed: cannot be given with repeats, whose seeds are 1, 2, 3"},
    {kGrid, "solver = ", "slover = ",
     "s.toml:3: settings.slover: is no option of training; the nearest are: solver, "},
    {kGrid, "learning-rate", "learning_rate",
     "s.toml:6: try.learning_rate: is no option of training; the nearest are: learning-rate, "},
    {kGrid, "\"adam\"", "\"lbfgs\"",
     "s.toml:3: settings.solver: 'lbfgs' is not one of adam|descent|sgd"},
    {kGrid, "\"adam\"", "1979-05-27",
     "s.toml:3: settings.solver: must be a text, a number, true, false or an array of numbers"},
    {kGrid, "1e-3]", "\"fast\"]", "s.toml:6: try.learning-rate: 'fast' is not one of FLOAT"},
    {kGrid, "1e-3]", "0.01]", "s.toml:6: try.learning-rate: has 0.01 twice"},
    {kGrid, "[0.01, 1e-3]", "0.01", "s.toml:6: try.learning-rate: must be a list"},
    {kGrid, "[0.01, 1e-3]", "[]", "s.toml:6: try.learning-rate: must be a list"},
    {kGrid, "[0.01, 1e-3]", "{ min = 0.1, max = 1 }",
     "s.toml:6: try.learning-rate: is a range, which search = \"random\" draws from"},
    {kGrid, "[settings]", "[settings]\nhidden = 3",
     "s.toml:8: try.hidden: is in [settings] too; leave one out"},
    {"dataset = \"l\"\n", "l", "l", "s.toml:1: try: is needed, with at least one option to vary"},
    {kRandom, "max = 20", "max = 16", "s.toml:6: try.batch-size.max: must be greater than min"},
    {kRandom, "max = 20", "max = 20.5", "s.toml:6: try.batch-size.max: '20.5' is not one of INT"},
    {kRandom, "max = 20", "most = 20", "s.toml:6: try.batch-size.max: is required"},
    {kRandom, "max = 20", "max = 20, step = 2", "s.toml:6: try.batch-size.step: is no key here"},
    {kRandom, "\"log\"", "\"root\"", "s.toml:5: try.learning-rate.scale: must be linear or log"},
    {kRandom, "min = 1e-4", "min = 0",
     "s.toml:5: try.learning-rate.min: must be > 0 for scale = \"log\""},
    {kRandom, "[\"relu\", \"tanh\"]", "{ min = 1, max = 2 }",
     "s.toml:8: try.activation: is no number; give a list of identity|"},
    {kRandom, "trials = 50", "trials = 10001", "s.toml:3: trials: is 10001; must be 1 to 10000"},
    {kRandom, "trials = 50", "trials = 5001\nrepeats = 2",
     "try: makes 5001 settings, each trained 2 times; at most 10000 trials"},
};

TEST_CASE("what is wrong with a sweep's file is said with its line and key") {
  for (const Mistake& each : kMistakes) {
    const std::string text = absl::StrReplaceAll(each.text, {{each.what, each.with}});
    INFO(text);
    const auto plan = ParsePlan(text, "s.toml");
    if (each.message.empty()) {
      CHECK(plan.ok());
    } else {
      CHECK_THAT(std::string(plan.status().message()), Catch::Contains(each.message));
    }
  }
}

TEST_CASE("a grid beyond the limit is refused before it is made") {
  std::string text = "dataset = \"l\"\n[try]\n";
  for (const char* key : {"rounds", "epochs", "batch-size", "patience", "warm-up-rounds"}) {
    absl::StrAppend(&text, key, " = [1");
    for (int i = 2; i <= 1000; ++i) absl::StrAppend(&text, ", ", i);
    text += "]\n";
  }
  CHECK_THAT(std::string(ParsePlan(text, "s.toml").status().message()),
             Catch::Contains("try: makes more than 10000 settings"));
}

TEST_CASE("a file that is not there is named") {
  CHECK_THAT(std::string(ReadPlan("no/such.toml").status().message()),
             Catch::Contains("no/such.toml"));
}

TEST_CASE("the example in experiments is a plan") {
  const auto plan = ReadPlan(MLP_SOURCE_DIR "/experiments/letters-sweep.toml");
  INFO(plan.status().message());
  REQUIRE(plan.ok());
  CHECK(plan->trials() == 12);
}

TEST_CASE("the names nearest to a mistyped one come first") {
  CHECK(Nearest("rounts", {"epochs", "rounds", "hidden", "schedule-rounds"})[0] == "rounds");
  CHECK(Nearest("x", {"a", "b"}).size() == 2);
}

TEST_CASE("numbers are written as one types them and are read as the same again") {
  CHECK(NumberText(0.01) == "0.01");
  CHECK(NumberText(1'000'000) == "1000000");
  CHECK(NumberText(-3) == "-3");
  CHECK(NumberText(1e-8) == "1e-08");
  CHECK(std::stod(NumberText(0.1 + 0.2)) == 0.1 + 0.2);
}

}  // namespace
}  // namespace mlp::cli::sweep
