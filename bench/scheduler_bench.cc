// The cost of a scheduling decision, by the number of nodes: a job of ten shards a node, in which
// one task in five is held up and one offer in five rejected, driven event by event as RoundRunner
// does. `decision` is the scheduler's time for one decision (a dispatch or a cancellation) with the
// events that lead to it; it must grow no faster than the logarithm of the number of nodes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "services/coordinator/scheduler/policy.h"
#include "services/coordinator/scheduler/scheduler.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;

constexpr int kShardsPerNode = 10;

// Nodes that answer in 1 ms, compute for 5 ms and are held up for 3 s. A queue of coming events is
// all that surrounds the scheduler.
class World {
 public:
  World(std::string_view policy, int nodes) : scheduler_(Options(policy, nodes)) {
    for (int node = 0; node < nodes; ++node) {
      scheduler_.Apply(now_, NodeJoined{node, "node-" + std::to_string(node)});
    }
  }

  // Returns the number of decisions.
  std::int64_t RunRound() {
    std::int64_t decisions = 0;
    Apply(RoundStarted{});
    while (true) {
      for (const Decision& decision : Decide()) {
        ++decisions;
        Obey(decision);
      }
      if (scheduler_.Done()) return decisions;
      Advance();
    }
  }

  // Returns the scheduler's time since the last call.
  double Seconds() { return std::chrono::duration<double>(std::exchange(spent_, {})).count(); }

 private:
  static SchedulerOptions Options(std::string_view policy, int nodes) {
    SchedulerOptions options;
    options.policy = std::string(policy);
    options.shards = kShardsPerNode * nodes;
    return options;
  }

  using Clock = std::chrono::steady_clock;

  void Apply(const SchedulerEvent& event) {
    const Clock::time_point begin = Clock::now();
    scheduler_.Apply(now_, event);
    spent_ += Clock::now() - begin;
  }
  std::vector<Decision> Decide() {
    const Clock::time_point begin = Clock::now();
    std::vector<Decision> decisions = scheduler_.Decide(now_);
    spent_ += Clock::now() - begin;
    return decisions;
  }
  void After(std::chrono::nanoseconds delay, SchedulerEvent event) {
    coming_.emplace(now_ + delay, std::move(event));
  }
  bool OneInFive() { return random_() % 5 == 0; }

  void Obey(const Decision& decision) {
    if (const auto* cancel = std::get_if<Cancel>(&decision)) {
      After(0ms, AttemptFailed{cancel->attempt, FailureKind::kNodeLost, "cancelled"});
    } else if (const auto* dispatch = std::get_if<Dispatch>(&decision)) {
      Offer(*dispatch);
    }
  }

  void Offer(const Dispatch& dispatch) {
    const AttemptId id = dispatch.attempt;
    if (dispatch.terms.rejectable && OneInFive()) return After(1ms, AttemptRejected{id, "load"});
    const std::chrono::nanoseconds held_up = OneInFive() ? 3s : 0s;
    After(1ms, AttemptAccepted{id});
    After(1ms + held_up, AttemptStarted{id});
    After(6ms + held_up, AttemptFinished{id});
  }

  void Advance() {
    const std::optional<TimePoint> wakeup = scheduler_.NextWakeup();
    if (wakeup && (coming_.empty() || *wakeup < coming_.begin()->first)) {
      now_ = *wakeup;
      return;
    }
    const auto next = coming_.extract(coming_.begin());
    now_ = next.key();
    Apply(next.mapped());
  }

  Scheduler scheduler_;
  TimePoint now_{1h};
  std::multimap<TimePoint, SchedulerEvent> coming_;
  std::mt19937_64 random_{1};
  Clock::duration spent_{};
};

void Decisions(benchmark::State& state, std::string_view policy) {
  World world(policy, static_cast<int>(state.range(0)));
  world.RunRound();  // allocates memory for all later rounds
  world.Seconds();
  std::int64_t decisions = 0;
  for (auto _ : state) {
    decisions += world.RunRound();
    state.SetIterationTime(world.Seconds());
  }
  state.counters["decision"] = benchmark::Counter(
      static_cast<double>(decisions), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["decisions"] = static_cast<double>(decisions);
}

// Sets the numbers of nodes.
void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMillisecond)->UseManualTime();
}

// Registers "Decisions/power_of_two" and so on, one for each policy.
[[maybe_unused]] const bool kRegistered = [] {
  for (const std::string_view policy : PolicyNames()) {
    std::string name = "Decisions/" + std::string(policy);
    std::replace(name.begin(), name.end(), '-', '_');
    const auto run = [policy](benchmark::State& state) { Decisions(state, policy); };
    benchmark::RegisterBenchmark(name.c_str(), run)->Apply(Sizes);
  }
  return true;
}();

}  // namespace
}  // namespace mlp::coordinator
