// Tests of the memory that a job needs of the coordinator.
#include "services/coordinator/job/job_memory.h"

#include <catch2/catch.hpp>

#include "services/async/inline_workers.h"
#include "services/base/field_error.h"
#include "services/coordinator/job/dataset.h"
#include "services/simulation/simulated_cluster.h"
#include "test/coordinator/run/running_coordinator.h"

namespace mlp::coordinator {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

std::shared_ptr<const Dataset> OneShard() {
  auto dataset = std::make_shared<Dataset>();
  dataset->name = "one";
  dataset->shards = {{"train_1.txt", std::string(32, 's'), 4}};
  dataset->validation_sha256 = std::string(32, 'v');
  dataset->features = dataset->classes = 2;
  dataset->class_rows = {2, 2};
  return dataset;
}

JobSpec SpecWith(std::size_t units) {
  JobSpec spec;
  spec.dataset = "one";
  spec.hidden_layer_sizes = {units, units};
  return spec;
}

TEST_CASE(
    "a job whose model the coordinator's machine can never hold is refused with what it needs") {
  async::VirtualClock clock;
  async::InlineWorkers workers(clock);
  simulation::SimulatedCluster cluster(clock, workers, {});
  MachineMemory memory{100 * kMiB, "its memory cgroup", 100 * kMiB, "its memory cgroup"};
  const auto load = [](const std::string&) {
    return absl::StatusOr<std::shared_ptr<const Dataset>>(OneShard());
  };
  RunningCoordinator coordinator(clock, workers, cluster, load, {}, [&memory] { return memory; });
  const absl::Status refused = coordinator.Create(SpecWith(3000)).status();
  CHECK(refused.code() == absl::StatusCode::kInvalidArgument);
  CHECK(FieldOf(refused) == "spec.hidden_layer_sizes");
  CHECK_THAT(std::string(refused.message()),
             Catch::Contains("not enough memory: the job on the coordinator needs about 340 MiB") &&
                 Catch::Contains("its memory cgroup allows 100 MiB"));
  CHECK(coordinator.Create(SpecWith(10)).ok());
  memory.limit = 1024 * kMiB;  // short now is no reason: the job's turn is to come
  CHECK(coordinator.Create(SpecWith(3000)).ok());
}

TEST_CASE("the server's optimizer and early stopping need more of the coordinator's memory") {
  JobSpec spec = SpecWith(10);
  const ModelSpec model{{2, 10, 10, 2}};
  const std::uint64_t plain = CoordinatorBytes(spec, model);
  const std::uint64_t parameters = plain / 5;
  spec.server.kind = ServerOptions::Kind::kAdam;
  CHECK(CoordinatorBytes(spec, model) == plain + 6 * parameters);
  spec.early_stopping = EarlyStopping();
  CHECK(CoordinatorBytes(spec, model) == plain + 7 * parameters);
}

}  // namespace
}  // namespace mlp::coordinator
