#include "services/experiment/spec_file.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libmlp/data/dataset_files.h"
#include "services/coordinator/job/job_spec.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/report/table_reader.h"

namespace mlp::experiment {
namespace {

using report::ParseToml;
using report::Problems;
using report::TableReader;

constexpr std::size_t kLongestLabel = 60;

class Reader {
 public:
  Reader(const toml::table& root, Problems& problems)
      : problems_(problems), top_(root, "", problems) {}

  Experiment Read() {
    experiment_.title = top_.Text("title").value_or("An experiment");
    ReadTask();
    ReadJob();
    ReadCluster();
    ReadSeeds();
    top_.Table("waits");  // those of all policies; each may have its own
    const auto baseline = top_.Text("baseline");
    ReadLoads();
    ReadPolicies();
    ChooseBaseline(baseline);
    top_.RefuseOthers();
    CheckSize();
    return std::move(experiment_);
  }

 private:
  void ReadTask() {
    const bool both = top_.Has("dataset") && top_.Has("task");
    if (both || (!top_.Has("dataset") && !top_.Has("task"))) {
      top_.Refuse("dataset", both ? "and [task] are both given; leave one out"
                                  : "or [task] is needed, for what is to be computed");
    }
    if (const auto directory = top_.Text("dataset")) {
      experiment_.dataset = *directory;
      experiment_.compute_time = top_.Time("compute_time").value_or(experiment_.compute_time);
      return;
    }
    TableReader task(*top_.Table("task"), "task.", problems_);
    experiment_.shards = static_cast<int>(task.Whole("shards", 1, kMaxShards).value_or(0));
    experiment_.compute_time = task.Time("compute_time").value_or(experiment_.compute_time);
    if (top_.Has("task") && !task.Has("shards")) task.Refuse("shards", "is required");
    task.RefuseOthers();
  }

  void ReadJob() {
    experiment_.rounds = static_cast<int>(
        top_.Whole("rounds", 1, coordinator::kMaxRounds).value_or(experiment_.rounds));
    experiment_.epochs = static_cast<int>(
        top_.Whole("epochs", 1, coordinator::kMaxEpochs).value_or(experiment_.epochs));
    experiment_.learning_rate =
        top_.Number("learning_rate", 1e-300, 1e300).value_or(experiment_.learning_rate);
    const auto hidden = top_.Wholes("hidden", 1, static_cast<std::int64_t>(kMaxLayerSize))
                            .value_or(std::vector<std::int64_t>{experiment_.synthetic() ? 1 : 20});
    experiment_.hidden_layer_sizes.assign(hidden.begin(), hidden.end());
  }

  void ReadCluster() {
    experiment_.nodes =
        static_cast<int>(top_.Whole("nodes", 1, kMaxExperimentNodes).value_or(experiment_.nodes));
    experiment_.load_delay = top_.Time("load_delay").value_or(experiment_.load_delay);
    experiment_.round_trip = top_.Time("round_trip").value_or(experiment_.round_trip);
    experiment_.time_scale = top_.Number("time_scale", 1e-4, 100).value_or(1);
  }

  void ReadSeeds() {
    const auto seeds = top_.Wholes("seeds", 0, std::numeric_limits<std::int64_t>::max());
    const auto repeats = top_.Whole("repeats", 1, kMaxRepeats);
    const auto simulated = top_.Whole("simulated_repeats", 1, kMaxRepeats);
    if (seeds && repeats) top_.Refuse("repeats", "and seeds are both given; leave one out");
    if (seeds) {
      experiment_.seeds.assign(seeds->begin(), seeds->end());
      if (std::set<std::int64_t>(seeds->begin(), seeds->end()).size() != seeds->size()) {
        top_.Refuse("seeds", "has a seed twice: its runs would count twice");
      }
    } else {
      experiment_.seeds = From1To(repeats.value_or(20));
    }
    experiment_.simulated_seeds = simulated ? From1To(*simulated) : experiment_.seeds;
  }

  static std::vector<std::uint64_t> From1To(std::int64_t last) {
    std::vector<std::uint64_t> seeds;
    for (std::int64_t seed = 1; seed <= last; ++seed) {
      seeds.push_back(static_cast<std::uint64_t>(seed));
    }
    return seeds;
  }

  void ReadLoads() {
    for (const toml::table* table : top_.Tables("load")) {
      const std::size_t number = experiment_.loads.size() + 1;
      TableReader reader(*table, absl::StrCat("load[", number, "]."), problems_);
      LoadCase load;
      load.probabilities = reader.Numbers("probabilities", 0, 1).value_or(std::vector<double>{});
      if (!reader.Has("probabilities")) reader.Refuse("probabilities", "is required");
      load.label = LabelOf(reader, absl::StrJoin(load.probabilities, " "));
      const auto nodes = static_cast<std::size_t>(experiment_.nodes);
      if (load.probabilities.size() == 1) load.probabilities.resize(nodes, load.probabilities[0]);
      if (load.probabilities.size() != nodes && !load.probabilities.empty()) {
        reader.Refuse("probabilities",
                      absl::StrCat("has ", load.probabilities.size(), " numbers for ", nodes,
                                   " nodes; give one for all, or one for each"));
      }
      for (const LoadCase& other : experiment_.loads) {
        if (other.label == load.label) reader.Refuse("label", "is that of another load too");
      }
      reader.RefuseOthers();
      experiment_.loads.push_back(std::move(load));
    }
  }

  std::string LabelOf(TableReader& reader, std::string otherwise) {
    std::string label = reader.Text("label").value_or(std::move(otherwise));
    if (label.size() > kLongestLabel) {
      reader.Refuse("label", absl::StrCat("has ", label.size(), " bytes; at most ", kLongestLabel,
                                          " fit into a table"));
    }
    return label;
  }

  void ReadPolicies() {
    for (const toml::table* table : top_.Tables("policy")) {
      const std::size_t number = experiment_.policies.size() + 1;
      TableReader reader(*table, absl::StrCat("policy[", number, "]."), problems_);
      PolicyCase policy;
      policy.policy = reader.Text("policy").value_or(policy.policy);
      policy.label = LabelOf(reader, policy.policy);
      ReadOptions(reader, policy);
      TableReader common(*top_.Table("waits"), "waits.", problems_);
      ReadWaits(common, policy.waits);
      common.RefuseOthers();
      TableReader own(*reader.Table("waits"), absl::StrCat("policy[", number, "].waits."),
                      problems_);
      ReadWaits(own, policy.waits);
      own.RefuseOthers();
      policy.known = ReadSeconds(reader, "known");
      policy.published = ReadSeconds(reader, "published");
      for (const PolicyCase& other : experiment_.policies) {
        if (other.label == policy.label) reader.Refuse("label", "is that of another policy too");
      }
      reader.RefuseOthers();
      experiment_.policies.push_back(std::move(policy));
    }
  }

  static void ReadOptions(TableReader& reader, PolicyCase& policy) {
    const auto slots = reader.Whole("slots", 0, coordinator::kMaxSlots);
    const auto hedge = reader.Text("hedge");
    const absl::Status exists = coordinator::CheckPolicyName("policy", policy.policy);
    if (!exists.ok()) {
      const auto all = coordinator::PolicyNames();
      const std::vector<std::string> names(all.begin(), all.end());
      reader.Refuse("policy", absl::StrCat("there is no ", policy.policy,
                                           "; there are: ", absl::StrJoin(names, ", ")));
      return;
    }
    const bool has_options = coordinator::BindsWhenFree(policy.policy);
    if (!has_options && slots.value_or(0) != 0) {
      reader.Refuse("slots", absl::StrCat(policy.policy, " has none: it binds shards at once"));
    }
    if (!has_options && hedge.value_or("off") != "off") {
      reader.Refuse("hedge", absl::StrCat(policy.policy, " cannot: it binds shards at once"));
    }
    policy.slots = static_cast<int>(slots.value_or(0));
    if (!has_options || hedge == "off") return;
    policy.hedge_after = coordinator::kDefaultHedgeAfter;
    if (hedge && *hedge != "on") policy.hedge_after = reader.Time("hedge");
    if (policy.hedge_after > coordinator::kMaxHedgeAfter) reader.Refuse("hedge", "is at most 1h");
  }

  static void ReadWaits(TableReader& reader, coordinator::SchedulerWaits& waits) {
    waits.cool_down = reader.Time("cool_down").value_or(waits.cool_down);
    waits.back_off_base = reader.Time("back_off_base").value_or(waits.back_off_base);
    waits.back_off_max = reader.Time("back_off_max").value_or(waits.back_off_max);
    waits.answer = reader.Time("answer").value_or(waits.answer);
  }

  std::vector<double> ReadSeconds(TableReader& reader, std::string_view key) {
    const auto seconds = reader.Numbers(key, 0, 1e9);
    if (!seconds) return {};
    if (seconds->size() != experiment_.loads.size()) {
      reader.Refuse(key, absl::StrCat("has ", seconds->size(), " numbers for ",
                                      experiment_.loads.size(), " loads; give one for each"));
    }
    return *seconds;
  }

  void ChooseBaseline(const std::optional<std::string>& label) {
    if (!label) return;
    const auto& policies = experiment_.policies;
    const auto found = std::ranges::find(policies, *label, &PolicyCase::label);
    if (found == policies.end()) {
      top_.Refuse("baseline", absl::StrCat("no policy has the label ", *label));
      return;
    }
    experiment_.baseline = static_cast<std::size_t>(found - policies.begin());
  }

  void CheckSize() {
    const std::size_t cells = experiment_.policies.size() * experiment_.loads.size();
    const std::size_t repeats =
        std::max(experiment_.seeds.size(), experiment_.simulated_seeds.size());
    if (cells * repeats <= kMaxRuns) return;
    top_.Refuse("repeats", absl::StrCat("makes ", cells * repeats, " runs of ", cells,
                                        " policies and loads; at most ", kMaxRuns));
  }

  Problems& problems_;
  TableReader top_;
  Experiment experiment_;
};

}  // namespace

absl::StatusOr<Experiment> ParseExperiment(std::string_view text, std::string_view name) {
  const absl::StatusOr<toml::table> table = ParseToml(text, name);
  if (!table.ok()) return table.status();
  Problems problems(name);
  Experiment experiment = Reader(*table, problems).Read();
  if (!problems.status().ok()) return problems.status();
  return experiment;
}

absl::StatusOr<Experiment> ReadExperiment(const std::filesystem::path& file) {
  const absl::StatusOr<std::string> text = ReadFile(file);
  if (!text.ok()) return text.status();
  return ParseExperiment(*text, file.string());
}

}  // namespace mlp::experiment
