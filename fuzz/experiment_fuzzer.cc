// Fuzzes the text of an experiment.
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "fuzz/check.h"
#include "services/experiment/spec_file.h"

namespace mlp::experiment {
namespace {

using fuzz::Check;

void CheckRead(const Experiment& experiment) {
  Check(experiment.nodes >= 1 && experiment.nodes <= kMaxExperimentNodes, "nodes within limits");
  Check(experiment.synthetic() == (experiment.shards != 0), "a dataset or synthetic shards");
  Check(experiment.shards <= kMaxShards, "shards within limits");
  Check(!experiment.policies.empty() && !experiment.loads.empty(), "no part of the matrix empty");
  Check(experiment.baseline < experiment.policies.size(), "the baseline is a policy");
  Check(!experiment.seeds.empty() && !experiment.simulated_seeds.empty(), "there are seeds");
  for (const LoadCase& load : experiment.loads) {
    Check(load.probabilities.size() == static_cast<std::size_t>(experiment.nodes),
          "a probability for every node");
    for (const double p : load.probabilities) Check(p >= 0 && p <= 1, "probabilities within 0..1");
  }
  const std::size_t cells = experiment.policies.size() * experiment.loads.size();
  for (const Mode mode : {Mode::kSimulated, Mode::kReal}) {
    Check(cells * SeedsOf(experiment, mode).size() <= kMaxRuns, "runs within limits");
  }
}

}  // namespace
}  // namespace mlp::experiment

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto experiment = mlp::experiment::ParseExperiment(text, "fuzz.toml");
  if (experiment.ok()) {
    mlp::experiment::CheckRead(*experiment);
  } else {
    mlp::fuzz::Check(absl::IsInvalidArgument(experiment.status()), "bad text is INVALID_ARGUMENT");
  }
  return 0;
}
