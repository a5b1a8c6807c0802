#include "cli/options/scheduling_options.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/options/enum_words.h"
#include "services/base/duration_text.h"
#include "services/wire/time_proto.h"

namespace mlp::cli {
namespace {

struct HedgingWord {
  bool on = true;
  std::optional<std::chrono::nanoseconds> after;
};

// Parses on, off, or a duration.
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

void SetHedging(const HedgingWord& hedging, simulation::WhatIfOptions& options) {
  options.hedging = hedging.on;
  options.hedge_after = hedging.after;
}

std::vector<std::string> PolicyWords() {
  std::vector<std::string> words;
  for (const auto& [word, number] : EnumWords(*v1::Policy_descriptor())) words.push_back(word);
  return words;
}

// Adds --policy, which takes a name, or a number as the reference system's users know it.
void AddPolicy(CLI::App& app, v1::JobSpec& spec) {
  std::map<std::string, int> numbers = EnumWords(*v1::Policy_descriptor());
  numbers.insert({{"1", v1::POLICY_RANDOM},
                  {"2", v1::POLICY_LEAST_LOAD},
                  {"3", v1::POLICY_PULL},
                  {"4", v1::POLICY_POWER_OF_TWO}});
  const std::string words = absl::StrJoin(
      numbers, "|", [](std::string* out, const auto& entry) { out->append(entry.first); });
  app.add_option_function<std::string>(
         "--policy",
         [numbers, words, &spec](const std::string& word) {
           const auto found = numbers.find(word);
           if (found == numbers.end()) {
             throw CLI::ValidationError("--policy", absl::StrCat(word, " is not one of ", words));
           }
           spec.set_policy(static_cast<v1::Policy>(found->second));
         },
         "Which node gets which shard; 1 is random, 2 least-load, 3 pull, 4 power-of-two "
         "[the coordinator's]")
      ->type_name(words);
}

}  // namespace

void AddSchedulingOptions(CLI::App& app, v1::JobSpec& spec) {
  AddPolicy(app, spec);
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

CLI::Option* AddWhatIfOptions(CLI::App& app, simulation::WhatIfOptions& options) {
  CLI::Option* policy = app.add_option("--policy", options.policy,
                                       "Simulate the job, with the same misfortunes, under this");
  policy->type_name(absl::StrJoin(PolicyWords(), "|"))->check(CLI::IsMember(PolicyWords()));
  app.add_option("--slots", options.slots, "Tasks a node may hold at once; 0: shards / nodes")
      ->check(CLI::Range(0, 1000))
      ->needs(policy);
  app.add_option_function<std::string>(
         "--hedge",
         [&options](const std::string& word) { SetHedging(ParseHedging(word), options); },
         "Second copies: on, off, or on for tasks that have not started after this time")
      ->type_name("on|off|DURATION")
      ->needs(policy);
  return policy;
}

}  // namespace mlp::cli
