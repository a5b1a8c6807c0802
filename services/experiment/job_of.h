// The job and the nodes of a run, alike in real and in virtual time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/coordinator/job/job_spec.h"
#include "services/coordinator/run/coordinator.h"
#include "services/experiment/run.h"

namespace mlp::experiment {

// The load and the policy use the run's seed; the first parameters are the same in all runs, and so
// is the model.
coordinator::JobSpec JobSpecOf(const Experiment& experiment, const RunKey& run, double time_scale);
coordinator::SchedulerWaits WaitsOf(const Experiment& experiment, const RunKey& run,
                                    double time_scale);
// Returns a function that loads the dataset, which is read now, or synthetic. Fills in
// experiment.shards. The function may be called on any thread.
absl::StatusOr<coordinator::LoadDataset> DatasetsOf(Experiment& experiment);
// Returns the directory that the dataset is in, for nodes; none if the workload is synthetic.
std::optional<std::filesystem::path> DataDirectoryOf(const Experiment& experiment);

// Returns "node-1" for node 0, as in every cluster of one process: the names key the draws of load.
std::string NodeName(int node);

Duration Scaled(Duration duration, double factor);
Duration SecondsToDuration(double seconds);

}  // namespace mlp::experiment
