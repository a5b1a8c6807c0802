// Folds a job's events into the figures of a run. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "services/coordinator/job/job_event.h"
#include "services/experiment/run.h"

namespace mlp::experiment {

class Measure {
 public:
  // Takes all of the job's events, in order.
  void Add(const coordinator::JobEvent& event);
  // Returns the figures; call it after the last event. Durations are divided by `time_scale`.
  Figures Result(double time_scale) const;

 private:
  using Time = std::chrono::sys_time<Duration>;

  // The tasks that one node holds, and how long it held some of each kind.
  struct Node {
    int waiting = 0;
    int computing = 0;
    Time since{};
    Duration held_up{};
    Duration computed{};
  };
  // An attempt that is out.
  struct Open {
    std::string node;
    bool accepted = false;
    bool started = false;
    Duration at_node{};  // time that it was queued and held up
  };

  void On(Time now, const coordinator::events::StateChanged& change);
  void On(Time now, const coordinator::events::NodeJoined& joined);
  void On(Time now, const coordinator::events::RoundStarted& started);
  void On(Time now, const coordinator::events::AttemptDispatched& dispatched);
  void On(Time now, const coordinator::events::AttemptAccepted& accepted);
  void On(Time now, const coordinator::events::AttemptStarted& started);
  void On(Time now, const coordinator::events::AttemptRejected& rejected);
  void On(Time now, const coordinator::events::AttemptFinished& finished);
  void On(Time now, const coordinator::events::AttemptFailed& failed);
  void On(Time now, const coordinator::events::AttemptReleased& released);
  template <class Other>
  void On(Time, const Other&) {}

  Open Close(Time now, std::int64_t attempt, const std::string& node);
  // Returns the node as it stands at `now`, its times brought up to date.
  Node& At(Time now, const std::string& node);

  Time begin_{};
  Time end_{};
  std::int64_t tasks_ = 0;
  std::int64_t accepted_ = 0;
  std::int64_t finished_ = 0;
  Duration compute_time_{};
  std::vector<Duration> round_trips_;
  Figures counts_;
  std::map<std::string, Node> nodes_;
  std::unordered_map<std::int64_t, Open> open_;
};

}  // namespace mlp::experiment
