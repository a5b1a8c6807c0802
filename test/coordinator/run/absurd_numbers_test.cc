// Tests of RunJob with a node that answers with finite numbers of absurd size.
#include <catch2/catch.hpp>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libmlp/model/parameters.h"
#include "services/async/inline_workers.h"
#include "services/async/virtual_clock.h"
#include "services/async/wait.h"
#include "services/attempt/trained.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/dataset.h"
#include "test/coordinator/run/running_coordinator.h"
#include "test/coordinator/run/two_shards.h"

using namespace mlp;
using namespace mlp::coordinator;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

// Two nodes that compute at the same time, so that each gets a shard. The gradients of the second
// one consist of the largest numbers that there are.
class AbsurdCluster final : public Cluster {
 public:
  explicit AbsurdCluster(async::Clock& clock) : clock_(clock) {
    for (const char* name : {"honest", "absurd"}) {
      NodeStatus node;
      node.name = name;
      node.state = NodeState::kUp;
      nodes_.push_back(node);
    }
  }

  const std::vector<NodeStatus>& nodes() const override { return nodes_; }
  void SetObserver(MembershipObserver*) override {}
  async::Task<absl::StatusOr<AttemptOutcome>> TrainShard(int node,
                                                         std::shared_ptr<const TrainTask> task,
                                                         AttemptObserver& observer,
                                                         std::stop_token) override {
    observer.OnAccepted(0);
    observer.OnStarted({}, {});
    co_await async::SleepUntil(clock_, clock_.Now() + 100ms);
    for (const double x : std::get<Vector<double>>(*task->parameters.values)) {
      if (x > 1e300) co_return absl::OutOfRangeError("loss or parameters became non-finite");
    }
    Trained trained;
    const double number = node == 1 ? std::numeric_limits<double>::max() : 0.5;
    Parameters gradient = *task->parameters.values;
    for (double& x : std::get<Vector<double>>(gradient)) x = number;
    trained.digest = Sha256(BytesOf(gradient));
    trained.gradient = Share(std::move(gradient));
    trained.training.rows = 1;
    co_return AttemptOutcome(std::make_shared<const Trained>(std::move(trained)));
  }

 private:
  async::Clock& clock_;
  std::vector<NodeStatus> nodes_;
};

}  // namespace

TEST_CASE("a job that a node's numbers of absurd size end names the node and the numbers") {
  async::VirtualClock clock;
  async::InlineWorkers workers(clock);
  AbsurdCluster cluster(clock);
  RunningCoordinator coordinator(clock, workers, cluster,
                                 [](const std::string&) { return TwoShards(); });
  JobSpec spec;
  spec.dataset = "two";
  spec.rounds = 5;
  const Job job = coordinator.RunJob(spec);
  CHECK(job.state == JobState::kFailed);
  CHECK_THAT(job.detail, Contains("became non-finite") &&
                             Contains("node absurd sent numbers up to 1.8e+308 for shard ") &&
                             Contains("other nodes at most 0.5"));
}
