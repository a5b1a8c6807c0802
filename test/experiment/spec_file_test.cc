#include "services/experiment/spec_file.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "test/experiment/tiny_experiment.h"

namespace mlp::experiment {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("a file says what is run, and the rest are defaults") {
  const Experiment experiment = ParseExperiment(kTiny, "tiny.toml").value();
  CHECK(experiment.title == "A tiny <experiment>");
  CHECK(experiment.synthetic());
  CHECK(experiment.shards == 4);
  CHECK(experiment.compute_time == 10ms);
  CHECK(experiment.seeds == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(experiment.simulated_seeds == experiment.seeds);
  REQUIRE(experiment.loads.size() == 2);
  CHECK(experiment.loads[0].probabilities == std::vector<double>{.5, .5});
  REQUIRE(experiment.policies.size() == 2);
  CHECK_FALSE(experiment.policies[0].hedge_after);
  CHECK(experiment.policies[1].hedge_after == coordinator::kDefaultHedgeAfter);
  CHECK(experiment.policies[1].waits == coordinator::SchedulerWaits());
  CHECK(experiment.baseline == 0);
}

TEST_CASE("waits are those of the file, and of the policy where it has its own") {
  const std::string text = absl::StrReplaceAll(
      kTiny, {{"[task]", "[waits]\ncool_down = \"2ms\"\nback_off_max = \"3s\"\n[task]"},
              {"policy = \"pull\"\n",
               "policy = \"pull\"\nslots = 2\nhedge = \"25ms\"\n"
               "waits = { cool_down = \"4ms\" }\n"}});
  const Experiment experiment = ParseExperiment(text, "tiny.toml").value();
  CHECK(experiment.policies[0].waits.cool_down == 2ms);
  CHECK(experiment.policies[1].waits.cool_down == 4ms);
  CHECK(experiment.policies[1].waits.back_off_max == 3s);
  CHECK(experiment.policies[1].slots == 2);
  CHECK(experiment.policies[1].hedge_after == 25ms);
}

struct Mistake {
  std::string what, with;  // a part of the text, and its replacement
  std::string message;
};
const std::vector<Mistake> kMistakes = {
    {"title =", "titel =", "tiny.toml:1: titel: is no key here; there are:"},
    {"shards = 4", "shards = 4\nsize = 1", "tiny.toml:10: task.size: is no key"},
    {"policy = \"pull\"", "polcy = \"pull\"", "policy[2].polcy: is no key"},
    {"rounds = 2", "rounds = \"2\"", "tiny.toml:2: rounds: must be a whole number"},
    {"rounds = 2", "rounds = 2.5", "tiny.toml:2: rounds: must be a whole number"},
    {"rounds = 2", "rounds = 0", "tiny.toml:2: rounds: is 0; must be 1 to 100000"},
    {"nodes = 2", "nodes = 1_000_000_000", "tiny.toml:3: nodes: is 1000000000; must be 1 to"},
    {"nodes = 2", "nodes = -1", "tiny.toml:3: nodes: is -1"},
    {"nodes = 2", "nodes = 3", "load[2].probabilities: has 2 numbers for 3 nodes"},
    {"\"1s\"", "1", "tiny.toml:4: load_delay: must be a text"},
    {"\"1s\"", "\"1 parsec\"", "tiny.toml:4: load_delay: \"1 parsec\" is not a duration"},
    {"\"1s\"", "\"-1s\"", "tiny.toml:4: load_delay: \"-1s\" is not a duration"},
    {"time_scale = 0.01", "time_scale = 0", "tiny.toml:5: time_scale: is 0"},
    {"repeats = 3", "repeats = 0", "tiny.toml:6: repeats: is 0"},
    {"repeats = 3", "repeats = 3\nseeds = [1]", "repeats: and seeds are both given"},
    {"repeats = 3", "seeds = [1, 1]", "tiny.toml:6: seeds: has a seed twice"},
    {"repeats = 3", "seeds = []", "tiny.toml:6: seeds: is empty"},
    {"shards = 4\n", "", "tiny.toml:8: task.shards: is required"},
    {"[task]", "[tasks]", "dataset: or [task] is needed"},
    {"[task]", "dataset = \"datasets/letters\"\n[task]", "dataset: and [task] are both given"},
    {"probabilities = 0.5", "probabilities = -0.5",
     "tiny.toml:14: load[1].probabilities: is -0.5; must be 0 to 1"},
    {"probabilities = 0.5", "probabilities = [0.5, nan]", "load[1].probabilities: is nan"},
    {"probabilities = 0.5", "probabilities = \"half\"", "must be a number"},
    {"probabilities = 0.5", "probabilities = []", "load[1].probabilities: is empty"},
    {"probabilities = 0.5\n", "", "load[1].probabilities: is required"},
    {"\"one, other\"", "\"half\"", "load[2].label: is that of another load too"},
    {"[[policy]]\nlabel = \"random\"", "[[polices]]", "polices: is no key here"},
    {"policy = \"pull\"", "policy = \"fastest\"",
     "policy[2].policy: there is no fastest; there are: random, least-load, pull"},
    {"policy = \"random\"", "policy = \"random\"\nslots = 2", "policy[1].slots: random has none"},
    {"policy = \"random\"", "policy = \"random\"\nhedge = \"on\"",
     "policy[1].hedge: random cannot"},
    {"policy = \"pull\"", "slots = 100000", "policy[2].slots: is 100000; must be 0 to 1000"},
    {"policy = \"pull\"", "hedge = \"maybe\"", "policy[2].hedge: \"maybe\" is not a duration"},
    {"known = [5, 6]", "known = [5]", "policy[1].known: has 1 numbers for 2 loads"},
    {"rounds = 2", "rounds = 2\nbaseline = \"none\"", "tiny.toml:3: baseline: no policy has"},
    {"rounds = 2", "rounds = ", "tiny.toml:2: column"},
    {"rounds = 2", "rounds = 2\nrounds = 3", "tiny.toml:3: column"},
};

TEST_CASE("what is wrong with a file is said with its line and key") {
  for (const Mistake& each : kMistakes) {
    REQUIRE_THAT(kTiny, Contains(each.what));
    const std::string text = absl::StrReplaceAll(kTiny, {{each.what, each.with}});
    const absl::Status status = ParseExperiment(text, "tiny.toml").status();
    INFO(each.with);
    CHECK(absl::IsInvalidArgument(status));
    CHECK_THAT(std::string(status.message()), Contains(each.message));
  }
}

// This fails for certain only under UndefinedBehaviorSanitizer.
TEST_CASE("letters beyond ASCII are refused where whitespace may stand, and fine in a text") {
  const std::string text(kTiny);
  const auto refused = ParseExperiment("rounds = \u00e9\n" + text, "tiny.toml").status();
  INFO(refused.ToString());
  CHECK_THAT(std::string(refused.message()),
             Contains("tiny.toml:1: column") && Contains("is no TOML"));
  const auto read = ParseExperiment(
      absl::StrReplaceAll(kTiny, {{"\"A tiny <experiment>\"", "\"\"\"\n \u00e9t\u00e9\"\"\""}}),
      "tiny.toml");
  REQUIRE(read.ok());
  CHECK(read->title == " \u00e9t\u00e9");
}

TEST_CASE("an empty matrix is no experiment") {
  const std::string task = "[task]\nshards = 1\n";
  CHECK_THAT(std::string(ParseExperiment(task, "f.toml").status().message()),
             Contains("load: at least one is needed: [[load]]"));
  CHECK_THAT(std::string(
                 ParseExperiment("policy = []\n" + task + "[[load]]\nprobabilities = 0\n", "f.toml")
                     .status()
                     .message()),
             Contains("f.toml:1: policy: at least one is needed"));
  CHECK(absl::IsInvalidArgument(ParseExperiment("", "f.toml").status()));
}

TEST_CASE("the experiments that are shipped can be read") {
  for (const char* name : {"policies", "reference-table", "thousand-nodes"}) {
    const auto file = std::string(MLP_SOURCE_DIR "/experiments/") + name + ".toml";
    INFO(file);
    CHECK(ReadExperiment(file).status().message() == "");
  }
  CHECK(absl::IsNotFound(ReadExperiment("/nowhere.toml").status()));
}

}  // namespace
}  // namespace mlp::experiment
