// Fuzzes the text of a sweep.
#include <cstdint>
#include <set>
#include <string_view>

#include "absl/status/status.h"
#include "cli/sweep/plan_file.h"
#include "fuzz/check.h"

namespace mlp::cli::sweep {
namespace {

using fuzz::Check;

void CheckPlan(const Plan& plan) {
  Check(!plan.dataset.empty(), "there is a dataset");
  Check(plan.trials() >= 1 && plan.trials() <= kMaxTrials, "trials within limits");
  Check(!plan.varied.empty(), "something is varied");
  Check(
      std::set<Setting>(plan.settings.begin(), plan.settings.end()).size() == plan.settings.size(),
      "no setting comes twice");
  for (std::size_t setting = 0; setting < plan.settings.size(); ++setting) {
    Check(plan.settings[setting].size() == plan.varied.size(), "a text for each option");
    v1::JobSpec spec;
    for (std::size_t i = 0; i < plan.varied.size(); ++i) {
      Check(SetTrainingOption(*plan.varied[i], plan.settings[setting][i], spec).ok(),
            "options take what they are set to");
    }
  }
  Check(!TrainArguments(plan, plan.trials() - 1).empty(), "the last trial has a command");
}

}  // namespace
}  // namespace mlp::cli::sweep

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto plan = mlp::cli::sweep::ParsePlan(text, "fuzz.toml");
  if (plan.ok()) {
    mlp::cli::sweep::CheckPlan(*plan);
  } else {
    mlp::fuzz::Check(absl::IsInvalidArgument(plan.status()), "bad text is INVALID_ARGUMENT");
  }
  return 0;
}
