#include "services/experiment/simulated_run.h"

#include <utility>

#include "services/experiment/job_of.h"
#include "services/experiment/measure.h"
#include "services/simulation/simulated_world.h"

namespace mlp::experiment {
namespace {

simulation::SimulatedWorldOptions WorldOf(const Experiment& experiment,
                                          const coordinator::LoadDataset& datasets,
                                          const RunKey& key) {
  simulation::SimulatedWorldOptions world;
  world.message_time = experiment.round_trip / 2;
  world.load_dataset = datasets;
  world.waits = WaitsOf(experiment, key, 1);
  world.scheduler_seed = key.seed;
  const Duration compute_time = experiment.compute_time;
  for (int number = 0; number < experiment.nodes; ++number) {
    simulation::SimulatedNodeOptions node;
    node.name = NodeName(number);
    node.data_dir = DataDirectoryOf(experiment);
    node.load.probability =
        experiment.loads[key.load].probabilities[static_cast<std::size_t>(number)];
    node.load.delay = experiment.load_delay;
    node.load.seed = key.seed;
    node.compute_time = [compute_time](auto, auto) { return compute_time; };
    world.nodes.push_back(std::move(node));
  }
  return world;
}

}  // namespace

Run RunSimulated(const Experiment& experiment, const coordinator::LoadDataset& datasets,
                 const RunKey& key, const std::stop_token& stop) {
  Run run;
  run.key = key;
  simulation::SimulatedWorld world(WorldOf(experiment, datasets, key));
  const absl::StatusOr<coordinator::Job> job = world.RunJob(JobSpecOf(experiment, key, 1), stop);
  if (!job.ok()) {
    run.problem = std::string(job.status().message());
  } else if (job->state == coordinator::JobState::kSucceeded) {
    Measure measure;
    for (const coordinator::JobEvent& event : world.Events(job->id)) measure.Add(event);
    run.figures = measure.Result(1);
    run.done = true;
  } else if (!stop.stop_requested()) {
    run.problem = job->detail.empty() ? "nothing moves any more" : job->detail;
  }
  return run;
}

}  // namespace mlp::experiment
