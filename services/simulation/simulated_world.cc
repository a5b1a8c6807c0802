#include "services/simulation/simulated_world.h"

#include <limits>
#include <utility>

namespace mlp::simulation {

SimulatedWorld::SimulatedWorld(SimulatedWorldOptions options)
    : workers_(clock_),
      cluster_(clock_, workers_, options.message_time),
      journal_(clock_, workers_, workers_, store_, ended_, {}),
      coordinator_(clock_, workers_, cluster_, journal_, std::move(options.load_dataset),
                   options.waits, options.scheduler_seed) {
  for (SimulatedNodeOptions& node : options.nodes) {
    const int number = cluster_.AddNode(std::move(node));
    if (options.nodes_up) cluster_.Start(number);
  }
  flows_.Spawn(coordinator_.Run(stop_.get_token()));
}

SimulatedWorld::~SimulatedWorld() {
  stop_.request_stop();
  clock_.RunAll();
}

absl::StatusOr<coordinator::Job> SimulatedWorld::Create(coordinator::JobSpec spec,
                                                        std::string request_id) {
  std::optional<absl::StatusOr<coordinator::Job>> answer;
  flows_.Spawn(Ask(std::move(spec), std::move(request_id), answer));
  while (!answer && clock_.RunOne()) {
  }
  return *std::move(answer);
}

async::Task<> SimulatedWorld::Ask(coordinator::JobSpec spec, std::string request_id,
                                  std::optional<absl::StatusOr<coordinator::Job>>& answer) {
  absl::StatusOr<coordinator::Job> job =
      co_await coordinator_.Create(std::move(spec), std::move(request_id));
  answer = std::move(job);
}

coordinator::Job SimulatedWorld::Finish(const std::string& id, const std::stop_token& stop) {
  // If the job has ended, its last event is waited for even after a stop: it has the digest.
  const auto stops = [&] {
    return stop.stop_requested() && !coordinator::IsFinal(coordinator_.Get(id)->state);
  };
  while (!ended_.contains(id) && !stops() && clock_.RunOne()) {
  }
  return *coordinator_.Get(id);
}

absl::StatusOr<coordinator::Job> SimulatedWorld::RunJob(coordinator::JobSpec spec,
                                                        const std::stop_token& stop) {
  absl::StatusOr<coordinator::Job> job = Create(std::move(spec));
  if (!job.ok()) return job.status();
  return Finish(job->id, stop);
}

std::vector<coordinator::JobEvent> SimulatedWorld::Events(const std::string& id) {
  return store_.Events(id, 1, std::numeric_limits<std::int32_t>::max()).value();
}

void SimulatedWorld::Ended::Append(const std::string& job_id, const coordinator::JobEvent& event) {
  const auto* change = std::get_if<coordinator::events::StateChanged>(&event.body);
  if (change != nullptr && coordinator::IsFinal(change->state)) ids_.insert(job_id);
}

}  // namespace mlp::simulation
