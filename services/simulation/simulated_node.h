// A node of a simulation: the real one, with its injected load, training in virtual time.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "services/async/clock.h"
#include "services/async/workers.h"
#include "services/node/load/load_injector.h"
#include "services/node/run/node.h"
#include "services/node/run/shard_trainer.h"
#include "services/simulation/synthetic_trainer.h"

namespace mlp::simulation {

struct SimulatedNodeOptions {
  std::string name;  // unique within a cluster; part of the key of the load draws
  node::LoadProfile load;
  std::optional<std::filesystem::path> data_dir;  // none: gradients are synthetic
  ComputeTime compute_time;                       // empty: no time passes
};

// One life of the node, from its start to its end. Clock and workers outlive it.
struct SimulatedNode {
  SimulatedNode(const SimulatedNodeOptions& options, async::Clock& clock, async::Workers& workers);

  const std::unique_ptr<node::ShardTrainer> trainer;
  node::Node node;
};

}  // namespace mlp::simulation
