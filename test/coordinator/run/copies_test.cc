// Tests of RunJob with second copies whose results both arrive.
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "libmlp/model/parameters.h"
#include "services/async/inline_workers.h"
#include "services/async/virtual_clock.h"
#include "services/async/wait.h"
#include "services/attempt/trained.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/dataset.h"
#include "test/coordinator/run/running_coordinator.h"

using namespace mlp;
using namespace mlp::coordinator;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

// Two nodes that accept every shard, never say that they started, ignore being cancelled, and end
// in the same instant, so that both copies' results arrive.
class TwoCopiesCluster final : public Cluster {
 public:
  TwoCopiesCluster(async::Clock& clock, bool second_lies, std::vector<CachedResult> second_kept)
      : clock_(clock), second_lies_(second_lies) {
    for (const char* name : {"honest", "other"}) {
      NodeStatus node;
      node.name = name;
      node.state = NodeState::kUp;
      nodes_.push_back(node);
    }
    nodes_[1].cached_results = std::move(second_kept);
  }

  const std::vector<NodeStatus>& nodes() const override { return nodes_; }
  void SetObserver(MembershipObserver*) override {}
  async::Task<absl::StatusOr<AttemptOutcome>> TrainShard(int node,
                                                         std::shared_ptr<const TrainTask> task,
                                                         AttemptObserver& observer,
                                                         std::stop_token) override {
    observer.OnAccepted(0);
    ends_ = std::max(ends_, clock_.Now() + 100ms);
    co_await async::SleepUntil(clock_, ends_);
    Trained trained;
    Parameters gradient = *task->parameters.values;
    if (node == 1 && second_lies_) std::get<Vector<double>>(gradient)[0] += 1e-9;
    trained.digest = Sha256(BytesOf(gradient));
    trained.gradient = Share(std::move(gradient));
    trained.training.rows = 1;
    co_return AttemptOutcome(std::make_shared<const Trained>(std::move(trained)));
  }

 private:
  async::Clock& clock_;
  bool second_lies_;
  std::vector<NodeStatus> nodes_;
  async::TimePoint ends_;
};

std::shared_ptr<const Dataset> OneShard() {
  auto dataset = std::make_shared<Dataset>();
  dataset->name = "one";
  dataset->shards = {{"train_1.txt", std::string(32, 'x'), 1}};
  dataset->validation = ParseShard("1,2,0\n3,4,1\n", "validate_one.txt").value();
  dataset->validation_file = "validate_one.txt";
  dataset->features = 2;
  dataset->classes = 2;
  return dataset;
}

struct Ended {
  Job job;
  std::vector<JobEvent> events;
};

Ended RunOne(bool second_lies, int rounds = 1, std::vector<CachedResult> second_kept = {}) {
  async::VirtualClock clock;
  async::InlineWorkers workers(clock);
  TwoCopiesCluster cluster(clock, second_lies, std::move(second_kept));
  RunningCoordinator coordinator(clock, workers, cluster,
                                 [](const std::string&) { return OneShard(); });
  JobSpec spec;
  spec.dataset = "one";
  spec.rounds = rounds;
  const Job job = coordinator.RunJob(spec);
  clock.RunFor(1ms);  // writes the events recorded so far
  return {job, coordinator.Events(job.id)};
}

}  // namespace

TEST_CASE("of results that a node says it has kept, those that cannot be are passed over") {
  const Ended ended = RunOne(false, 1,
                             {{"job-1", 1, -1},
                              {"job-1", 1, 1},
                              {"job-1", 1, 2147483647},
                              {"job-2", 1, 0},
                              {"job-1", 1, 0}});
  CHECK(ended.job.state == JobState::kSucceeded);
  std::vector<std::vector<int>> told;
  std::vector<std::string> offered_to;
  for (const JobEvent& event : ended.events) {
    if (const auto* kept = std::get_if<events::ResultsCached>(&event.body)) {
      CHECK(kept->name == "other");
      told.push_back(kept->shards);
    }
    if (const auto* sent = std::get_if<events::AttemptDispatched>(&event.body)) {
      offered_to.push_back(sent->node);
    }
  }
  CHECK(told == std::vector<std::vector<int>>{{0}});
  REQUIRE_FALSE(offered_to.empty());
  CHECK(offered_to.front() == "other");
}

TEST_CASE("a second result that is equal bit for bit is noted and not counted again") {
  const Ended ended = RunOne(false);
  CHECK(ended.job.state == JobState::kSucceeded);
  int first = 0;
  int superseded = 0;
  for (const JobEvent& event : ended.events) {
    if (const auto* finished = std::get_if<events::AttemptFinished>(&event.body)) {
      ++(finished->superseded ? superseded : first);
    }
  }
  CHECK(first == 1);
  CHECK(superseded == 1);
}

TEST_CASE("a copy that is still out when its round ends does not count in the next round") {
  const Ended ended = RunOne(false, 2);
  CHECK(ended.job.state == JobState::kSucceeded);
  CHECK(ended.job.detail == "");
  std::map<int, int> counted;  // by round
  for (const JobEvent& event : ended.events) {
    const auto* finished = std::get_if<events::AttemptFinished>(&event.body);
    if (finished != nullptr && !finished->superseded) ++counted[event.round];
  }
  CHECK(counted == std::map<int, int>{{1, 1}, {2, 1}});
}

TEST_CASE("a second result that differs in one bit fails the job and names both nodes") {
  const Ended ended = RunOne(true);
  CHECK(ended.job.state == JobState::kFailed);
  CHECK_THAT(ended.job.detail,
             Contains("nodes honest and other computed different gradients for shard 0"));
}
