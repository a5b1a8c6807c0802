#include "services/experiment/measure.h"

#include <catch2/catch.hpp>

namespace mlp::experiment {
namespace {

using namespace std::chrono_literals;
namespace events = coordinator::events;

class Story {
 public:
  template <class Event>
  Story& At(Duration time, Event event) {
    coordinator::JobEvent record;
    record.time = std::chrono::sys_time<Duration>(time);
    record.body = std::move(event);
    measure_.Add(record);
    return *this;
  }
  Figures Result(double scale = 1) const { return measure_.Result(scale); }

 private:
  Measure measure_;
};

template <class Event>
Event About(std::int64_t attempt, const std::string& node) {
  Event event;
  event.attempt = attempt;
  event.node = node;
  return event;
}

// Node a holds a task up for 4 s and computes for 2 s, node b is idle; an offer is rejected and a
// copy cancelled.
Story Example() {
  Story story;
  story.At(0s, events::StateChanged{coordinator::JobState::kRunning, "", ""})
      .At(0s, events::NodeJoined{{0, "a"}, {}})
      .At(0s, events::NodeJoined{{1, "b"}, {}})
      .At(0s, events::RoundStarted{1})
      .At(0s, About<events::AttemptDispatched>(1, "b"))
      .At(1s, About<events::AttemptRejected>(1, "b"))
      .At(1s, About<events::AttemptDispatched>(2, "a"))
      .At(2s, About<events::AttemptAccepted>(2, "a"));
  auto copy = About<events::AttemptDispatched>(3, "b");
  copy.hedge_of = 2;
  auto started = About<events::AttemptStarted>(2, "a");
  started.held_up_for = 4s;
  auto finished = About<events::AttemptFinished>(2, "a");
  finished.compute_time = 1500ms;
  finished.total_time = 7s;
  story.At(3s, copy)
      .At(4s, About<events::AttemptAccepted>(3, "b"))
      .At(6s, started)
      .At(6s, About<events::AttemptReleased>(3, "b"))
      .At(8s, finished)
      .At(10s, events::StateChanged{coordinator::JobState::kSucceeded, "", "d1"});
  return story;
}

TEST_CASE("a run's figures are counted from its events") {
  const Figures figures = Example().Result();
  CHECK(figures.makespan == Approx(10));
  CHECK(figures.attempts == 3);
  CHECK(figures.rejections == 1);
  CHECK(figures.copies == 1);
  CHECK(figures.copies_per_task == Approx(2));
  CHECK(figures.computing == Approx(2.0 / 20));
  CHECK(figures.held_up == Approx((4.0 + 2.0) / 20));
  CHECK(figures.idle == Approx(12.0 / 20));
  CHECK(figures.compute_time == Approx(1.5));
  CHECK(figures.round_trip == Approx(7 - 4 - 1.5));
  CHECK(figures.digest == "d1");
}

TEST_CASE("figures of scaled time are scaled back") {
  const Figures figures = Example().Result(0.01);
  CHECK(figures.makespan == Approx(1000));
  CHECK(figures.compute_time == Approx(150));
  CHECK(figures.idle == Approx(12.0 / 20));
}

}  // namespace
}  // namespace mlp::experiment
