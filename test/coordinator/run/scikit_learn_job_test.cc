// A job on one node and one shard, of one round, is scikit-learn's training.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "libmlp/data/shard.h"
#include "services/coordinator/datasets/dataset_loader.h"
#include "services/simulation/simulated_world.h"
#include "services/wire/schema_proto.h"
#include "test/libmlp/scikit_learn/loss_curves.h"
#include "test/support/scratch.h"

using namespace mlp;
using namespace mlp::testing;

namespace {

namespace fs = std::filesystem;

void WriteRows(const fs::path& path, const Shard& shard) {
  std::ofstream file(path);
  file.precision(std::numeric_limits<double>::max_digits10);
  for (std::size_t i = 0; i < shard.rows(); ++i) {
    for (std::size_t j = 0; j < shard.feature_count(); ++j) file << shard.features(i, j) << ',';
    if (shard.regression()) {
      file << shard.targets(i) << '\n';
    } else {
      file << shard.labels(i) << '\n';
    }
  }
}

// "classes" and "numbers": the same rows for training and for validation.
void WriteDatasets(const fs::path& directory) {
  for (const bool regression : {false, true}) {
    const fs::path dataset = directory / (regression ? "numbers" : "classes");
    fs::create_directories(dataset);
    const Shard rows = LossCurveRows(regression);
    WriteRows(dataset / "train_1.txt", rows);
    WriteRows(dataset / "validate_1.txt", rows);
  }
  Schema schema;
  for (int column = 1; column <= 16; ++column) {
    schema.columns.emplace_back().name = std::to_string(column);
  }
  schema.label = std::string("label");
  std::ofstream(directory / "numbers" / "schema.json") << wire::ToJson(schema);
}

coordinator::JobSpec JobOf(const LossCurve& curve, std::size_t epochs) {
  coordinator::JobSpec spec;
  spec.dataset = curve.spec.regression() ? "numbers" : "classes";
  spec.rounds = 1;
  spec.epochs = static_cast<int>(epochs);
  const auto& sizes = curve.spec.layer_sizes;
  spec.hidden_layer_sizes.assign(sizes.begin() + 1, sizes.end() - 1);
  spec.activation = curve.spec.activation;
  spec.learning_rate = curve.options.learning_rate;
  spec.solver = curve.options.solver;
  spec.batches = curve.options.batches;
  spec.seed = 5;
  return spec;
}

double TrainingLoss(simulation::SimulatedWorld& world, const std::string& id) {
  for (const auto& event : world.Events(id)) {
    const auto* finished = std::get_if<coordinator::events::RoundFinished>(&event.body);
    if (finished != nullptr) return finished->training_loss;
  }
  return -1;
}

}  // namespace

TEST_CASE("a job on one node and one shard has scikit-learn's loss after every epoch, to 1e-6") {
  const test::Scratch directory;
  WriteDatasets(directory.path());
  for (const LossCurve& curve : LossCurves()) {
    for (std::size_t epochs = 1; epochs <= curve.losses.size(); ++epochs) {
      simulation::SimulatedWorldOptions options;
      simulation::SimulatedNodeOptions node;
      node.name = std::string("node");
      node.data_dir = directory.path();
      options.nodes.push_back(node);
      options.load_dataset = [&](const std::string& name) {
        return coordinator::ReadDataset(directory.path(), name);
      };
      simulation::SimulatedWorld world(options);
      const auto job = world.RunJob(JobOf(curve, epochs));
      REQUIRE(job.ok());
      INFO(SolverName(curve.options.solver) << ", epoch " << epochs << ": " << job->detail);
      REQUIRE(job->state == coordinator::JobState::kSucceeded);
      CHECK(TrainingLoss(world, job->id) / 300 ==
            Approx(curve.losses[epochs - 1]).epsilon(0).margin(1e-6));
    }
  }
}
