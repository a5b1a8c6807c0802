#include "services/experiment/measure.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace mlp::experiment {
namespace {

namespace events = coordinator::events;

// Returns the lower quartile of one value at least.
Duration LowerQuartile(std::vector<Duration> values) {
  const auto quarter = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::ranges::nth_element(values, quarter);
  return *quarter;
}

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

void Measure::Add(const coordinator::JobEvent& event) {
  std::visit([&](const auto& body) { On(event.time, body); }, event.body);
}

void Measure::On(Time now, const events::StateChanged& change) {
  if (change.state == coordinator::JobState::kRunning) begin_ = now;
  if (!coordinator::IsFinal(change.state)) return;
  end_ = now;
  counts_.digest = change.model_digest;
  for (const auto& [name, node] : nodes_) At(now, name);
}

void Measure::On(Time now, const events::NodeJoined& joined) { At(now, joined.name); }

void Measure::On(Time, const events::RoundStarted& started) { tasks_ += started.shards; }

void Measure::On(Time, const events::AttemptDispatched& dispatched) {
  ++counts_.attempts;
  if (dispatched.hedge_of != 0) ++counts_.copies;
  open_[dispatched.attempt].node = dispatched.node;
}

void Measure::On(Time now, const events::AttemptAccepted& accepted) {
  ++accepted_;
  open_[accepted.attempt].accepted = true;
  ++At(now, accepted.node).waiting;
}

void Measure::On(Time now, const events::AttemptStarted& started) {
  Open& attempt = open_[started.attempt];
  attempt.started = true;
  attempt.at_node = started.queued_for + started.held_up_for;
  Node& node = At(now, started.node);
  --node.waiting;
  ++node.computing;
}

void Measure::On(Time now, const events::AttemptRejected& rejected) {
  ++counts_.rejections;
  Close(now, rejected.attempt, rejected.node);
}

void Measure::On(Time now, const events::AttemptFinished& finished) {
  const Open attempt = Close(now, finished.attempt, finished.node);
  ++finished_;
  compute_time_ += finished.compute_time + finished.load_time;
  round_trips_.push_back(finished.total_time - attempt.at_node - finished.compute_time -
                         finished.load_time);
}

void Measure::On(Time now, const events::AttemptFailed& failed) {
  Close(now, failed.attempt, failed.node);
}
void Measure::On(Time now, const events::AttemptReleased& released) {
  Close(now, released.attempt, released.node);
}

Measure::Open Measure::Close(Time now, std::int64_t attempt, const std::string& name) {
  const auto found = open_.extract(attempt);
  if (found.empty()) return {};
  Node& node = At(now, name);
  if (found.mapped().started) {
    --node.computing;
  } else if (found.mapped().accepted) {
    --node.waiting;
  }
  return std::move(found.mapped());
}

Measure::Node& Measure::At(Time now, const std::string& name) {
  const auto [entry, is_new] = nodes_.try_emplace(name);
  Node& node = entry->second;
  if (!is_new) {
    if (node.computing > 0) {
      node.computed += now - node.since;
    } else if (node.waiting > 0) {
      node.held_up += now - node.since;
    }
  }
  node.since = now;
  return node;
}

Figures Measure::Result(double time_scale) const {
  Figures figures = counts_;
  figures.makespan = Seconds(end_ - begin_) / time_scale;
  if (tasks_ > 0) {
    figures.copies_per_task = static_cast<double>(accepted_) / static_cast<double>(tasks_);
  }
  Duration held_up{};
  Duration computed{};
  for (const auto& [name, node] : nodes_) {
    held_up += node.held_up;
    computed += node.computed;
  }
  const double all = Seconds(end_ - begin_) * static_cast<double>(nodes_.size());
  if (all > 0) {
    figures.held_up = Seconds(held_up) / all;
    figures.computing = Seconds(computed) / all;
    figures.idle = 1 - figures.held_up - figures.computing;
  }
  if (finished_ > 0) {
    figures.compute_time = Seconds(compute_time_) / static_cast<double>(finished_) / time_scale;
    figures.round_trip = Seconds(LowerQuartile(round_trips_)) / time_scale;
  }
  return figures;
}

}  // namespace mlp::experiment
