// Tests of Coordinator::Explain for a job in every state, on simulated nodes in virtual time: each
// test brings the state about and checks that the explanation comes true.
#include <catch2/catch.hpp>
#include <functional>
#include <optional>

#include "services/attempt/trained.h"
#include "services/coordinator/job/dataset.h"
#include "test/coordinator/run/running_coordinator.h"
#include "test/coordinator/run/two_shards.h"

using namespace mlp;
using namespace mlp::coordinator;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

// The behaviour of a node with an offer.
struct Behaviour {
  bool rejects = false;
  std::chrono::nanoseconds held_up{};
  std::chrono::nanoseconds computes = 100ms;
};

// Nodes node-1, node-2 … that answer in a millisecond and behave as the test says.
class ScriptedCluster final : public Cluster {
 public:
  explicit ScriptedCluster(async::Clock& clock) : clock_(clock) {}

  void Add(Behaviour behaviour, bool up = true) {
    NodeStatus node;
    node.name = "node-" + std::to_string(nodes_.size() + 1);
    node.address = node.name;
    node.state = up ? NodeState::kUp : NodeState::kDown;
    node.detail = up ? "" : "connection refused";
    nodes_.push_back(node);
    behaviours_.push_back(behaviour);
  }
  void Join(int node) {
    nodes_[static_cast<std::size_t>(node)].state = NodeState::kUp;
    observer_->OnNodeJoined(node, nodes_[static_cast<std::size_t>(node)].name);
  }
  Behaviour& behaviour(int node) { return behaviours_[static_cast<std::size_t>(node)]; }

  const std::vector<NodeStatus>& nodes() const override { return nodes_; }
  void SetObserver(MembershipObserver* observer) override { observer_ = observer; }
  async::Task<absl::StatusOr<AttemptOutcome>> TrainShard(int node,
                                                         std::shared_ptr<const TrainTask> task,
                                                         AttemptObserver& observer,
                                                         std::stop_token stop) override {
    const Behaviour behaviour = behaviours_[static_cast<std::size_t>(node)];
    co_await async::SleepFor(clock_, 1ms);
    if (behaviour.rejects) co_return AttemptOutcome(RejectReason::kBusy);
    observer.OnAccepted(0);
    bool go_on = co_await async::SleepFor(clock_, behaviour.held_up, stop);
    if (!go_on) co_return absl::CancelledError("cancelled");
    observer.OnStarted(0ns, behaviour.held_up);
    go_on = co_await async::SleepFor(clock_, behaviour.computes, stop);
    if (!go_on) co_return absl::CancelledError("cancelled");
    Trained trained;
    trained.gradient = task->parameters.values;
    trained.digest = "the same";
    trained.training.rows = 1;
    co_return AttemptOutcome(std::make_shared<const Trained>(std::move(trained)));
  }

 private:
  async::Clock& clock_;
  std::vector<NodeStatus> nodes_;
  std::vector<Behaviour> behaviours_;
  MembershipObserver* observer_ = nullptr;
};

// One slot a node and a second copy after 300 ms.
JobSpec TwoRounds() {
  JobSpec spec;
  spec.dataset = "two";
  spec.rounds = 2;
  spec.hidden_layer_sizes = {2};
  spec.slots = 1;
  spec.hedge_after = 300ms;
  return spec;
}

// Workers that take as long as the test says.
class SlowWorkers final : public async::Workers {
 public:
  explicit SlowWorkers(async::Clock& clock) : clock_(clock) {}
  std::chrono::nanoseconds takes{};
  void Run(std::function<void()> work, std::function<void()> done) override {
    clock_.Schedule(clock_.Now() + takes, [work = std::move(work), done = std::move(done)] {
      work();
      done();
    });
  }

 private:
  async::Clock& clock_;
};

struct ExplainWorld {
  explicit ExplainWorld(const std::vector<Behaviour>& nodes) {
    for (const Behaviour& node : nodes) cluster.Add(node);
  }

  std::string Create(JobSpec spec = TwoRounds()) {
    return coordinator.Create(std::move(spec)).value().id;
  }
  Explanation Explain(const std::string& id) { return coordinator->Explain(id).value(); }
  // The attempts that were given out so far.
  std::vector<events::AttemptDispatched> Dispatched(const std::string& id) {
    std::vector<events::AttemptDispatched> found;
    for (const JobEvent& event : coordinator.Events(id)) {
      if (const auto* each = std::get_if<events::AttemptDispatched>(&event.body)) {
        found.push_back(*each);
      }
    }
    return found;
  }

  async::VirtualClock clock;
  SlowWorkers workers{clock};
  ScriptedCluster cluster{clock};
  RunningCoordinator coordinator{
      clock, workers, cluster, [](const std::string&) {
        return absl::StatusOr<std::shared_ptr<const Dataset>>(TwoShards());
      }};
};

}  // namespace

TEST_CASE("explain: no node is up, why each is down, since when, and what happens when one joins") {
  ExplainWorld world({});
  world.cluster.Add({}, /*up=*/false);
  world.cluster.Add({}, /*up=*/false);
  const std::string id = world.Create();
  world.clock.RunFor(62s);
  const Explanation said = world.Explain(id);
  CHECK(said.waiting_for ==
        "job-1, round 1 of 2: no node is up for 1 min 02 s: node-1: connection refused; node-2: "
        "connection refused");
  CHECK(said.since == world.clock.Now() - 62s);
  CHECK(said.time == world.clock.Now());
  CHECK(said.next == "2 shards are given out as soon as a node joins");
  CHECK_FALSE(said.next_at);
  world.cluster.Join(1);
  world.clock.RunFor(0s);
  REQUIRE_FALSE(world.Dispatched(id).empty());
  CHECK(world.Dispatched(id)[0].node == "node-2");
}

TEST_CASE("explain: all nodes cool down after rejections, and who is offered what next") {
  ExplainWorld world({{.rejects = true}, {.rejects = true}});
  const std::string id = world.Create();
  world.clock.RunFor(3ms);  // both have rejected after one
  const Explanation said = world.Explain(id);
  CHECK(said.waiting_for ==
        "job-1, round 1 of 2: 2 shards wait for a node, and all rest: node-1 after a rejection for "
        "another 8 ms and node-2 after a rejection for another 8 ms");
  CHECK(said.since == world.clock.Now() - 2ms);
  CHECK(said.next == "shard 0 is offered to node-1");
  CHECK(said.next_at == world.clock.Now() + 8ms);
  CHECK(world.Dispatched(id).size() == 2);
  world.clock.RunUntil(*said.next_at);
  const auto dispatched = world.Dispatched(id);
  REQUIRE(dispatched.size() == 4);
  CHECK(dispatched[2].shard == 0);
  CHECK(dispatched[2].node == "node-1");
  world.cluster.behaviour(0).rejects = false;
  world.coordinator.Finish(id);
}

TEST_CASE("explain: the last held-up task, and the second copy that goes elsewhere") {
  ExplainWorld world({{.computes = 5ms}, {.held_up = 3s}});
  const std::string id = world.Create();
  world.clock.RunFor(101ms);
  const Explanation said = world.Explain(id);
  CHECK(said.waiting_for ==
        "job-1, round 1 of 2: waits for shard 1 on node-2, held up or queued there for 0.1 s");
  CHECK(said.since == world.clock.Now() - 100ms);
  CHECK(said.next == "a second copy of shard 1 goes to node-1 if it has not started by then");
  CHECK(said.next_at == world.clock.Now() + 200ms);
  world.clock.RunUntil(*said.next_at);
  const auto dispatched = world.Dispatched(id);
  REQUIRE(dispatched.size() == 3);
  CHECK(dispatched[2].shard == 1);
  CHECK(dispatched[2].node == "node-1");
  CHECK(dispatched[2].hedge_of == dispatched[1].attempt);
}

TEST_CASE("explain: a hedge is outstanding") {
  ExplainWorld world({{.computes = 5ms}, {.held_up = 3s}});
  const std::string id = world.Create();
  world.clock.RunFor(100ms);
  world.cluster.behaviour(0).held_up = 3s;
  world.clock.RunFor(301ms);
  const Explanation said = world.Explain(id);
  CHECK(said.waiting_for ==
        "job-1, round 1 of 2: waits for the first of 2 copies of shard 1: on node-2, held up or "
        "queued there for 0.4 s; on node-1, held up or queued there for 99 ms");
  CHECK(said.since == world.clock.Now() - 400ms);
  CHECK(said.next == "the copy that starts first goes on and the others are cancelled");
  world.clock.RunFor(2600ms);  // node-2's copy has started
  CHECK_THAT(world.Explain(id).waiting_for,
             Contains("waits for shard 1 on node-2, computing there"));
}

TEST_CASE("explain: a job in the queue names the job before it, and how far that is") {
  ExplainWorld world({{.computes = 1s}, {.computes = 1s}});
  const std::string first = world.Create();
  const std::string second = world.Create();
  const std::string third = world.Create();
  CHECK(world.coordinator.Get(first).detail.empty());
  CHECK(world.coordinator.Get(second).detail == "queued behind job-1");
  CHECK(world.coordinator.Get(third).detail == "queued behind job-1 and 1 more");
  world.clock.RunFor(1500ms);
  const Explanation said = world.Explain(third);
  CHECK(said.waiting_for ==
        "job-3 is number 2 in the queue, behind job-1, which is in round 2 of 2; it has waited for "
        "1.5 s");
  CHECK(said.since == world.coordinator.Get(third).create_time);
  CHECK(said.next ==
        "job-3 starts when job-2 has ended; mlp-client explain job-1 says what that one waits for");
  CHECK_THAT(world.Explain(second).next, Catch::StartsWith("job-2 starts when job-1 has ended"));

  world.coordinator.Finish(first);
  world.clock.RunFor(0s);
  CHECK(world.coordinator.Get(second).state == JobState::kRunning);
  CHECK(world.coordinator.Get(second).detail.empty());
  CHECK(world.coordinator.Get(third).detail == "queued behind job-2");
}

TEST_CASE("explain: the place in the queue follows a cancellation") {
  ExplainWorld world({{.computes = 1s}});
  world.Create();
  const std::string second = world.Create();
  const std::string third = world.Create();
  CHECK(world.coordinator->Cancel(second).ok());
  CHECK(world.coordinator.Get(third).detail == "queued behind job-1");
  CHECK_THAT(world.Explain(third).waiting_for, Contains("job-3 is number 1 in the queue"));
  CHECK_THAT(world.Explain(second).waiting_for,
             Contains("job-2 waits for nothing: it CANCELLED 0 ms ago: cancelled before it began"));
}

TEST_CASE("explain: shards compute, and on which nodes") {
  ExplainWorld world({{.computes = 1s}, {.computes = 1s}});
  const std::string id = world.Create();
  world.clock.RunFor(501ms);
  const Explanation said = world.Explain(id);
  CHECK(said.waiting_for ==
        "job-1, round 1 of 2: waits for 2 shards that compute on node-1 and node-2, longest for "
        "shard 0 on node-1, computing there for 0.5 s");
  CHECK_THAT(said.next, Contains("is taken back from node-1 if it has not finished by then"));
}

TEST_CASE("explain: after the last round the validation is waited for, then nothing") {
  ExplainWorld world({{.computes = 1ms}, {.computes = 1ms}});
  const std::string id = world.Create();
  world.workers.takes = 10s;
  world.clock.RunFor(5s);
  // The second round is trained, while the first one's model is still being validated.
  CHECK_THAT(
      world.Explain(id).waiting_for,
      Contains("job-1, after round 2 of 2: waits for the validation of the model before it"));
  world.clock.RunFor(10s);
  const Explanation said = world.Explain(id);
  CHECK_THAT(said.waiting_for, Contains("waits for the validation of the last model, for 5.0 s"));
  CHECK(said.next == "the job ends");
  world.coordinator.Finish(id);
  world.clock.RunFor(3s);
  CHECK(world.Explain(id).waiting_for == "job-1 waits for nothing: it SUCCEEDED 3.0 s ago");
  CHECK(world.Explain(id).since == world.coordinator.Get(id).end_time);
  CHECK(world.Explain(id).next.empty());
}

TEST_CASE("explain: a job that is not known is an error") {
  ExplainWorld world({});
  CHECK(absl::IsNotFound(world.coordinator->Explain("job-7").status()));
}
