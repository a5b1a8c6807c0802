#include "cli/sweep/plan.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/base/sha256.h"

namespace mlp::cli::sweep {
namespace {

std::string Count(std::size_t count, const char* one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

// The options of a trial, each with its text.
std::vector<Fixed> OptionsOf(const Plan& plan, std::size_t trial) {
  std::vector<Fixed> options = plan.fixed;
  const Setting& setting = plan.settings[plan.SettingOf(trial)];
  for (std::size_t i = 0; i < plan.varied.size(); ++i) {
    options.push_back({plan.varied[i], setting[i]});
  }
  return options;
}

}  // namespace

std::string_view NameOf(const TrainingOption& option) {
  return std::string_view(option.name).substr(2);
}

v1::JobSpec SpecOf(const Plan& plan, std::size_t trial, const std::string& dataset) {
  v1::JobSpec spec;
  spec.set_dataset(dataset);
  if (plan.repeats > 1) spec.set_seed(static_cast<std::uint32_t>(plan.SeedOf(trial)));
  for (const auto& [option, text] : OptionsOf(plan, trial)) {
    SetTrainingOption(*option, text, spec).IgnoreError();  // the plan has what they take
  }
  return spec;
}

std::string RequestId(const Plan& plan, const std::string& name, std::size_t trial) {
  return absl::StrCat("sweep-", Hex(Sha256(absl::StrCat(plan.digest, " ", name))), "-", trial + 1);
}

std::string TrialText(const Plan& plan, std::size_t trial) {
  std::string text;
  const Setting& setting = plan.settings[plan.SettingOf(trial)];
  for (std::size_t i = 0; i < plan.varied.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", std::string(NameOf(*plan.varied[i])), " ",
                    setting[i]);
  }
  if (plan.repeats > 1) absl::StrAppend(&text, ", seed ", plan.SeedOf(trial));
  return text;
}

std::string PlanText(const Plan& plan) {
  std::string text = absl::StrCat(plan.random ? "Random search over " : "Grid of ",
                                  Count(plan.settings.size(), "setting"), " x ",
                                  Count(plan.repeats, "seed"), " on ", plan.dataset);
  for (std::size_t i = 0; i < plan.fixed.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "; " : ", ", std::string(NameOf(*plan.fixed[i].option)), " ",
                    plan.fixed[i].text);
  }
  return text;
}

std::string TrainArguments(const Plan& plan, std::size_t trial) {
  std::string text = absl::StrCat(" ", Quoted(plan.dataset));
  for (const auto& [option, value] : OptionsOf(plan, trial)) {
    if (!TypeName(*option).empty()) {
      absl::StrAppend(&text, " ", option->name, " ", Quoted(value));
    } else if (value == "true") {
      absl::StrAppend(&text, " ", option->name);
    }
  }
  if (plan.repeats > 1) absl::StrAppend(&text, " --seed ", plan.SeedOf(trial));
  return text;
}

std::string Quoted(const std::string& word) {
  constexpr const char* kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:+=@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace mlp::cli::sweep
