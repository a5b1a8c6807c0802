#include "services/simulation/simulated_node.h"

#include <utility>

#include "services/node/run/data_trainer.h"

namespace mlp::simulation {
namespace {

std::unique_ptr<node::ShardTrainer> TrainerOf(const SimulatedNodeOptions& options,
                                              async::Clock& clock, async::Workers& workers) {
  std::unique_ptr<node::ShardTrainer> trainer;
  if (options.data_dir) {
    node::DataTrainerOptions data;
    data.data_dir = options.data_dir;
    trainer = std::make_unique<node::DataTrainer>(std::move(data), clock, workers);
  } else {
    trainer = std::make_unique<SyntheticTrainer>();
  }
  if (!options.compute_time) return trainer;
  return std::make_unique<TimedTrainer>(clock, options.compute_time, std::move(trainer));
}

node::NodeOptions OptionsOf(const SimulatedNodeOptions& options) {
  node::NodeOptions node;
  node.name = options.name;
  node.load = options.load;
  return node;
}

}  // namespace

SimulatedNode::SimulatedNode(const SimulatedNodeOptions& options, async::Clock& clock,
                             async::Workers& workers)
    : trainer(TrainerOf(options, clock, workers)),
      node(OptionsOf(options), clock, *trainer, std::stop_token()) {}

}  // namespace mlp::simulation
