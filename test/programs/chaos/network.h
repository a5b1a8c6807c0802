// The network between the simulated coordinator, its nodes and a client: messages take time, and a
// link may be cut in one direction or both.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "services/async/task_group.h"
#include "services/async/wait.h"
#include "test/programs/chaos/disk.h"
#include "test/programs/chaos/process_clock.h"

namespace mlp::chaos {

// One life of a program, from its start to its crash. After the crash nothing that it does has an
// effect; it is only there until its flows have noticed and ended.
struct Process {
  Process(async::VirtualClock& world, async::Duration ahead) : clock(world, ahead) {}
  virtual ~Process() = default;

  // Delivers a message to the process.
  void Deliver(std::function<void()> message) {
    if (alive) clock.Post(std::move(message));
  }
  bool ended() const { return !alive && tasks.running() == 0; }

  ProcessClock clock;
  bool alive = true;
  std::stop_source stop;
  async::TaskGroup tasks;
};

// The connection between the coordinator and a node, or the client.
struct Link {
  bool to_coordinator_cut = false;
  bool from_coordinator_cut = false;
  bool broken = false;  // part of a stream was lost: both ends notice when the link is whole again
};

class Network {
 public:
  Network(async::VirtualClock& world, Dice& dice, bool faulty)
      : world_(world), dice_(dice), faulty_(faulty) {}

  async::Duration Delay() {
    using namespace std::chrono_literals;
    if (!faulty_) return 200us;
    if (dice_.Once(0.01)) return dice_.Between(0ms, 1500ms);
    return dice_.Once(0.1) ? dice_.Between(0ms, 40ms) : dice_.Between(50us, 1ms);
  }
  std::int64_t NextCall() { return ++calls_; }
  // True if a call of its own (not part of a stream) gets lost, or arrives twice.
  bool Loses() { return faulty_ && dice_.Once(0.03); }
  bool Doubles() { return faulty_ && dice_.Once(0.03); }

  // Runs `message` in the process `to`, if it lives, unless `cut` when it arrives. Returns the time
  // of arrival.
  async::TimePoint Send(std::weak_ptr<Process> to, const bool& cut, std::function<void()> message) {
    return Send(std::move(to), cut, nullptr, std::move(message), {});
  }
  // Sends part of a stream, which arrives after the parts before it; if it is lost, `link` breaks.
  async::TimePoint SendInStream(std::weak_ptr<Process> to, const bool& cut, Link& link,
                                std::function<void()> message, async::TimePoint earliest) {
    return Send(std::move(to), cut, &link, std::move(message), earliest);
  }

 private:
  async::TimePoint Send(std::weak_ptr<Process> to, const bool& cut, Link* stream,
                        std::function<void()> message, async::TimePoint earliest) {
    const async::TimePoint arrival = std::max(world_.Now() + Delay(), earliest);
    world_.Schedule(arrival, [to = std::move(to), &cut, stream, message = std::move(message)] {
      const std::shared_ptr<Process> process = to.lock();
      if (cut && stream != nullptr) stream->broken = true;
      if (!cut && process != nullptr) process->Deliver(message);
    });
    return arrival;
  }

  async::VirtualClock& world_;
  Dice& dice_;
  const bool faulty_;
  std::int64_t calls_ = 0;
};

}  // namespace mlp::chaos
