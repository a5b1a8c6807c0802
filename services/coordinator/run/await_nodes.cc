#include "services/coordinator/run/await_nodes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/async/wait.h"
#include "services/base/duration_text.h"

namespace mlp::coordinator {
namespace {

// Notices arrivals as long as it lives.
class Arrivals final : private MembershipObserver {
 public:
  Arrivals(Cluster& cluster, async::Clock& clock) : cluster_(cluster), arrived(clock) {
    cluster_.SetObserver(this);
  }
  ~Arrivals() override { cluster_.SetObserver(nullptr); }
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

 private:
  void OnNodeJoined(int, const std::string&) override { arrived.Notify(); }
  void OnNodeLeft(int, const std::string&, const std::string&) override {}

  Cluster& cluster_;

 public:
  async::Signal arrived;
};

int NodesUp(const Cluster& cluster) {
  return static_cast<int>(std::ranges::count_if(
      cluster.nodes(), [](const NodeStatus& node) { return node.state == NodeState::kUp; }));
}

}  // namespace

async::Task<> AwaitNodes(JobWorld world, const Job& job, std::stop_token stop) {
  Arrivals arrivals(world.cluster, world.clock);
  if (NodesUp(world.cluster) >= job.nodes_up) co_return;
  std::string reason =
      absl::StrCat("not all nodes that it had (", job.nodes_up,
                   ") are back yet, and they may have finished shards; it goes on without them ",
                   RoughDuration(kNodesReturn), " after the restart");
  world.journal.Record(job.id, 0, events::Waiting{std::move(reason)});
  const async::TimePoint end = world.clock.Now() + kNodesReturn;
  while (NodesUp(world.cluster) < job.nodes_up && world.clock.Now() < end) {
    const bool go_on = co_await arrivals.arrived.WaitUntil(end, stop);
    if (!go_on) co_return;
  }
  world.journal.Record(job.id, 0, events::Waiting{});
}

}  // namespace mlp::coordinator
