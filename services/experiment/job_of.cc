#include "services/experiment/job_of.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "services/coordinator/datasets/dataset_loader.h"
#include "services/coordinator/job/dataset.h"
#include "services/simulation/synthetic_dataset.h"

namespace mlp::experiment {
namespace {

// Returns the same absolute path for "datasets/letters/" and "datasets/letters".
std::filesystem::path Directory(const Experiment& experiment) {
  std::filesystem::path path = std::filesystem::absolute(experiment.dataset).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Duration Scaled(Duration duration, double factor) {
  return Duration(std::llround(static_cast<double>(duration.count()) * factor));
}

Duration SecondsToDuration(double seconds) { return Duration(std::llround(seconds * 1e9)); }

std::string NodeName(int node) { return absl::StrCat("node-", node + 1); }

coordinator::JobSpec JobSpecOf(const Experiment& experiment, const RunKey& run, double time_scale) {
  const PolicyCase& policy = experiment.policies[run.policy];
  coordinator::JobSpec spec;
  spec.dataset = experiment.synthetic() ? "given" : Directory(experiment).filename().string();
  spec.rounds = experiment.rounds;
  spec.epochs = experiment.epochs;
  spec.hidden_layer_sizes = experiment.hidden_layer_sizes;
  spec.learning_rate = experiment.learning_rate;
  spec.policy = policy.policy;
  spec.slots = policy.slots;
  spec.hedge_after.reset();
  if (policy.hedge_after) spec.hedge_after = Scaled(*policy.hedge_after, time_scale);
  spec.max_retries = coordinator::kMaxRetries;
  return spec;
}

coordinator::SchedulerWaits WaitsOf(const Experiment& experiment, const RunKey& run,
                                    double time_scale) {
  coordinator::SchedulerWaits waits = experiment.policies[run.policy].waits;
  waits.back_off_base = Scaled(waits.back_off_base, time_scale);
  waits.back_off_max = Scaled(waits.back_off_max, time_scale);
  waits.cool_down = Scaled(waits.cool_down, time_scale);
  waits.answer = Scaled(waits.answer, time_scale);
  return waits;  // deadlines are not scaled: nodes that die take their own time
}

absl::StatusOr<coordinator::LoadDataset> DatasetsOf(Experiment& experiment) {
  std::shared_ptr<const coordinator::Dataset> dataset;
  if (experiment.synthetic()) {
    dataset = simulation::SyntheticDataset(experiment.shards);
  } else {
    auto read = coordinator::ReadDataset(Directory(experiment).parent_path(),
                                         Directory(experiment).filename().string());
    if (!read.ok()) return read.status();
    dataset = *std::move(read);
  }
  experiment.shards = static_cast<int>(dataset->shards.size());
  return [dataset](const std::string&) { return dataset; };
}

std::optional<std::filesystem::path> DataDirectoryOf(const Experiment& experiment) {
  if (experiment.synthetic()) return std::nullopt;
  return Directory(experiment).parent_path();
}

}  // namespace mlp::experiment
