#include "test/programs/chaos/world.h"

#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/async/wait.h"
#include "services/coordinator/job/replay.h"
#include "test/programs/chaos/problem.h"
#include "test/support/tiny_data.h"

namespace mlp::chaos {
namespace {

using async::Duration;
using async::Task;
using async::TimePoint;
using coordinator::JobEvent;
using test::TinyData;
using namespace std::chrono_literals;

constexpr Duration kFaultsUntil = 20s;
constexpr int kMaxFaults = 40;
// Time after the last fault within which everything must come to its end.
constexpr Duration kPatience = 90s;

class World {
 public:
  explicit World(const WorldOptions& options)
      : options_(options),
        course_(options.seed),
        network_dice_(options.seed ^ 0x6e6574),
        disk_dice_(options.seed ^ 0x6469736b),
        network_(clock_, network_dice_, options.faulty),
        client_(std::make_shared<Process>(clock_, 0s)) {
    const int machines = 1 + static_cast<int>(options.seed % 4);
    for (int number = 0; number < machines; ++number) AddMachine(number);
    for (std::size_t number = 0; number < machines_.size(); ++number) StartNode(number);
    StartCoordinator();
    client_->tasks.Spawn(Client());
    if (options.faulty) ScheduleFault();
  }

  ~World() {
    // The world ends every flow properly.
    stopping_ = true;
    client_->stop.request_stop();
    if (coordinator_) CrashCoordinator();
    for (std::size_t number = 0; number < machines_.size(); ++number) CrashNode(number);
    clock_.RunAll();
  }

  Outcome Run() {
    while (!done_ && problem_.empty()) {
      if (!clock_.RunOne()) problem_ = "nothing can happen any more, and the job has not ended";
      if (clock_.Now() > last_fault_ + kPatience) problem_ = Stuck();
      ++turns_;
      Mix(static_cast<std::uint64_t>(clock_.Now().time_since_epoch().count()));
      CrashOnTime();
      Bury();
    }
    Outcome outcome;
    outcome.problem = problem_.empty() ? Check() : problem_;
    outcome.digest = job_ ? job_->model_digest : "";
    outcome.trace = trace_;
    outcome.turns = turns_;
    outcome.faults = faults_;
    outcome.machines = static_cast<int>(machines_.size());
    for (const auto& machine : machines_) {
      if (machine->process) outcome.trained += machine->process->node().finished_tasks();
    }
    outcome.time = clock_.Now() - begin_;
    return outcome;
  }

 private:
  // ---- Machines and programs

  void AddMachine(int number) {
    auto machine = std::make_unique<Machine>();
    machine->options.name = absl::StrCat("node-", number + 1);
    machine->options.data_dir = TinyData::Path();
    machine->options.load.probability = options_.faulty ? 0.2 : 0;
    machine->options.load.delay = 300ms;
    machine->options.compute_time = [this, at = machine.get()](auto, auto shard) {
      const double slow = options_.faulty ? at->slowness : 1;
      return Duration(static_cast<std::int64_t>(slow * (20e6 + 5e6 * shard)));
    };
    machines_.push_back(std::move(machine));
  }

  void StartNode(std::size_t number) {
    Machine& machine = *machines_[number];
    if (machine.process != nullptr || stopping_) return;
    machine.process = std::make_shared<NodeProcess>(clock_, Ahead(), machine.options,
                                                    absl::StrCat("process-", ++processes_));
    machine.process->tasks.Spawn(Beat(number, machine.process));
    Note("start", machine.options.name);
  }

  void CrashNode(std::size_t number) {
    Machine& machine = *machines_[number];
    const std::shared_ptr<NodeProcess> process = std::exchange(machine.process, nullptr);
    if (process == nullptr) return;
    process->alive = false;
    process->clock.Thaw();
    process->stop.request_stop();
    for (const auto& call : process->calls) call->stop.request_stop();
    TellCoordinator(machine, process, "connection reset");
    buried_.push_back(process);
    Note("crash", machine.options.name);
  }

  void StartCoordinator() {
    if (coordinator_ != nullptr || stopping_) return;
    coordinator_ = std::make_shared<CoordinatorProcess>(
        clock_, disk_, disk_dice_, network_, machines_, options_.faulty,
        [](const std::string&) { return TinyData::Dataset(); });
    if (absl::IsUnavailable(coordinator_->opened)) {
      coordinator_ = nullptr;
      Note("refuse", "coordinator");
      clock_.Schedule(clock_.Now() + 100ms, [this] { StartCoordinator(); });
      return;
    }
    if (!coordinator_->opened.ok()) problem_ = std::string(coordinator_->opened.message());
    coordinator_->clock.Jump(std::max(Ahead(), coordinator_->journal.latest_time() - clock_.Now()));
    coordinator_->Start(coordinator_);
    Note("start", "coordinator");
  }

  void CrashCoordinator() {
    const auto process = std::exchange(coordinator_, nullptr);
    if (process == nullptr) return;
    process->alive = false;
    process->disk.Cut();
    process->clock.Thaw();
    process->stop.request_stop();
    for (const auto& machine : machines_) {
      process->cluster.OnReset(machine->process.get(), "this coordinator is gone");
      ResetNode(*machine);
    }
    buried_.push_back(process);
    Note("crash", "coordinator");
  }

  // Drops the programs that have ended.
  void Bury() {
    std::erase_if(buried_, [](const auto& process) { return process->ended(); });
  }

  Duration Ahead() { return options_.faulty ? course_.Between(-2s, 2s) : Duration(0); }

  // ---- Connections

  // Makes the node's end of the connection notice its end.
  void ResetNode(Machine& machine) {
    if (machine.process == nullptr) return;
    network_.Send(machine.process, kWhole, [process = machine.process] {
      for (const auto& call : process->calls) call->stop.request_stop();
    });
  }
  void TellCoordinator(Machine& machine, const std::shared_ptr<NodeProcess>& process,
                       const std::string& why) {
    if (coordinator_ == nullptr) return;
    // A reset that gets lost is noticed when the link is whole again.
    network_.SendInStream(coordinator_, machine.link.to_coordinator_cut, machine.link,
                          [to = std::weak_ptr(coordinator_), process, why] {
                            if (const auto coordinator = to.lock()) {
                              coordinator->cluster.OnReset(process.get(), why);
                            }
                          },
                          {});
  }
  void Reset(Machine& machine, const std::string& why) {
    // If the link is cut, the coordinator may not notice the end before it is whole again.
    machine.link.broken = machine.link.to_coordinator_cut || machine.link.from_coordinator_cut;
    ResetNode(machine);
    TellCoordinator(machine, machine.process, why);
  }
  void Heal(Machine& machine) {
    machine.link.to_coordinator_cut = machine.link.from_coordinator_cut = false;
    if (machine.link.broken) Reset(machine, "connection timed out");
  }

  // Sends a node's heartbeats: one a second, which may be lost, come twice or late.
  Task<> Beat(std::size_t number, std::shared_ptr<NodeProcess> self) {
    const std::stop_token stop = self->stop.get_token();
    while (!stop.stop_requested()) {
      const int copies = network_.Loses() ? 0 : network_.Doubles() ? 2 : 1;
      for (int copy = 0; copy < copies && coordinator_ != nullptr; ++copy) {
        network_.Send(coordinator_, machines_[number]->link.to_coordinator_cut,
                      [to = std::weak_ptr(coordinator_), number, self] {
                        const auto coordinator = to.lock();
                        if (coordinator) coordinator->cluster.OnHeartbeat(number, self);
                      });
      }
      co_await async::SleepFor(self->clock, network_dice_.Between(900ms, 1100ms), stop);
    }
  }

  // ---- Faults

  void ScheduleFault() {
    clock_.Schedule(clock_.Now() + course_.Between(0ms, 300ms), [this] {
      if (done_ || stopping_ || faults_ == kMaxFaults || clock_.Now() > begin_ + kFaultsUntil) {
        return;
      }
      ++faults_;
      last_fault_ = std::max(last_fault_, clock_.Now());
      DoHarm();
      ScheduleFault();
    });
  }

  // Repairs the fault after `pause`.
  void Later(Duration pause, std::function<void()> mend) {
    const TimePoint when = clock_.Now() + pause;
    last_fault_ = std::max(last_fault_, when);
    clock_.Schedule(when, [this, mend = std::move(mend)] {
      if (!stopping_) mend();
    });
  }

  void DoHarm() {
    const std::size_t number = static_cast<std::size_t>(course_.Below(int(machines_.size())));
    Machine& machine = *machines_[number];
    switch (course_.Below(10)) {
      case 0:
      case 1:
        CrashNode(number);
        return Later(course_.Between(0s, 3s), [this, number] { StartNode(number); });
      case 2:
        return Freeze(machine.process, machine.options.name);
      case 3:
        Note("reset", machine.options.name);
        return Reset(machine, "connection reset");
      case 4:
        Note("cut", machine.options.name);
        machine.link.to_coordinator_cut = course_.Once(0.7);
        machine.link.from_coordinator_cut = course_.Once(0.7);
        return Later(course_.Between(0s, 6s), [this, &machine] { Heal(machine); });
      case 5:
        machine.slowness = course_.Once(0.5) ? 1 : 20 * course_.Share();
        return;
      case 6:
        Note("disk full", "");
        disk_.full = true;
        return Later(course_.Between(0s, 3s), [this] { disk_.full = false; });
      case 7:
        return Jump();
      case 8:
        return Freeze(coordinator_, "coordinator");
      default:
        CrashCoordinator();
        return Later(course_.Between(0s, 2s), [this] { StartCoordinator(); });
    }
  }

  void Freeze(const std::shared_ptr<Process>& process, const std::string& name) {
    if (process == nullptr) return;
    Note("freeze", name);
    process->clock.Freeze();
    Later(course_.Between(0s, 6s), [process] { process->clock.Thaw(); });
  }

  // Makes a machine's time jump ahead, as if it had been suspended.
  void Jump() {
    const std::size_t whose = static_cast<std::size_t>(course_.Below(int(machines_.size()) + 1));
    std::shared_ptr<Process> process = coordinator_;
    if (whose < machines_.size()) process = machines_[whose]->process;
    if (process != nullptr) process->clock.Jump(course_.Between(0s, 10s));
  }

  void CrashOnTime() {
    if (!options_.crash_after_turns || turns_ != *options_.crash_after_turns) return;
    CrashCoordinator();
    last_fault_ = clock_.Now();
    Later(10ms, [this] { StartCoordinator(); });
  }

  // ---- The client

  // The answer to a call to the coordinator; nullopt if none comes in time.
  template <class T>
  struct Reply {
    explicit Reply(async::Clock& clock) : arrived(clock) {}
    std::optional<absl::StatusOr<T>> answer;
    async::Signal arrived;
  };

  // Makes one call, over a network that loses calls and answers.
  template <class T, class Ask>
  Task<std::optional<absl::StatusOr<T>>> Call(Ask ask) {
    const auto reply = std::make_shared<Reply<T>>(client_->clock);
    const auto coordinator = coordinator_;
    if (coordinator != nullptr && !network_.Loses()) {
      network_.Send(coordinator, kWhole, [this, ask, reply, to = std::weak_ptr(coordinator)] {
        if (const auto self = to.lock()) self->tasks.Spawn(Answer<T>(self, ask, reply));
      });
    }
    std::stop_source timeout;
    const auto timer = clock_.Schedule(clock_.Now() + 5s, [&timeout] { timeout.request_stop(); });
    while (!reply->answer && !timeout.stop_requested()) {
      co_await reply->arrived.Wait(timeout.get_token());
    }
    clock_.Cancel(timer);
    co_return reply->answer;
  }
  template <class T, class Ask>
  Task<> Answer(std::shared_ptr<CoordinatorProcess> self, Ask ask,
                std::shared_ptr<Reply<T>> reply) {
    absl::StatusOr<T> answer = co_await ask(*self);
    if (!self->alive || network_.Loses()) co_return;
    network_.Send(client_, kWhole, [reply, answer = std::move(answer)] {
      reply->answer = answer;
      reply->arrived.Notify();
    });
  }

  // Submits one job, again and again under one request id, and watches it to its end.
  Task<> Client() {
    const std::stop_token stop = client_->stop.get_token();
    std::string id;
    while (id.empty() && !stop.stop_requested()) {
      auto ask = [this](CoordinatorProcess& to) {
        coordinator::JobSpec spec =
            options_.everything ? TinyData::JobWithEverything() : TinyData::Job();
        if (!options_.hedging) spec.hedge_after.reset();
        return to.coordinator->Create(std::move(spec), "the request");
      };
      const auto created = co_await Call<coordinator::Job>(std::move(ask));
      if (created && created->ok()) id = (*created)->id;
      co_await async::SleepFor(client_->clock, 100ms, stop);
    }
    while (!done_ && !stop.stop_requested()) {
      auto ask = [id, from = static_cast<std::int64_t>(seen_.size()) + 1](CoordinatorProcess& to) {
        return to.coordinator->NextEvents(id, from, to.stop.get_token());
      };
      const auto events = co_await Call<coordinator::SharedEvents>(std::move(ask));
      if (events && events->ok()) {
        for (const auto& event : **events) See(*event);
      } else if (events && absl::IsNotFound(events->status())) {
        problem_ = "the job was forgotten";
      } else {
        co_await async::SleepFor(client_->clock, 50ms, stop);
      }
    }
  }

  void See(const JobEvent& event) {
    seen_.push_back(event);
    const auto* change = std::get_if<coordinator::events::StateChanged>(&event.body);
    if (change != nullptr && IsFinal(change->state)) done_ = true;
  }

  // ---- The checks

  std::string Check() {
    const auto state = disk_.store.Load();
    if (state->jobs.size() != 1) return absl::StrCat(state->jobs.size(), " jobs for one request");
    job_ = state->jobs.front().job;
    if (job_->state != coordinator::JobState::kSucceeded) {
      return absl::StrCat("the job ended ", JobStateName(job_->state), ": ", job_->detail);
    }
    const auto stored = disk_.store.Events(job_->id, 1, std::numeric_limits<std::size_t>::max());
    if (stored->size() != seen_.size()) return "the watcher saw another number of events";
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const JobEvent& event = (*stored)[i];
      if (event.time != seen_[i].time || event.body.index() != seen_[i].body.index()) {
        return absl::StrCat("the watcher saw another event ", i + 1);
      }
      if (i > 0 && event.time < (*stored)[i - 1].time) return "the events' time goes back";
    }
    const std::string problem = ProblemIn(seen_, *job_);
    // A replay would decide earlier than a coordinator that stood still.
    return problem.empty() && !options_.faulty ? ProblemInReplay() : problem;
  }

  std::string ProblemInReplay() const {
    const auto replayed = coordinator::Replay(seen_);
    if (!replayed.ok()) return absl::StrCat("cannot be replayed: ", replayed.status().message());
    if (replayed->differences == 0) return "";
    const auto& first = replayed->first_differences.front();
    return absl::StrCat("after event ", first.sequence, " \"", first.recorded,
                        "\" was decided, in the replay \"", first.replayed, "\"");
  }

  std::string Stuck() const {
    std::string text = "the job does not come to its end";
    if (coordinator_ == nullptr) return text + ": no coordinator";
    for (const coordinator::Job& job : coordinator_->coordinator->List(100, 1)) {
      absl::StrAppend(&text, "; ", JobStateName(job.state), " ", job.detail);
      const auto said = coordinator_->coordinator->Explain(job.id);
      if (said.ok()) absl::StrAppend(&text, "; ", said->waiting_for);
    }
    return text;
  }

  void Note(const char* what, const std::string& who) {
    for (const char* c = what; *c != 0; ++c) Mix(static_cast<std::uint64_t>(*c));
    if (!options_.trace) return;
    const std::chrono::duration<double> at = clock_.Now() - begin_;
    std::printf("%10.4f  %s %s\n", at.count(), what, who.c_str());
  }
  void Mix(std::uint64_t value) { trace_ = (trace_ ^ value) * 0x100000001b3; }

  static constexpr bool kWhole = false;  // a link that is never cut

  const WorldOptions options_;
  async::VirtualClock clock_;
  const TimePoint begin_ = clock_.Now();
  Dice course_;
  Dice network_dice_;
  Dice disk_dice_;
  Network network_;
  Disk disk_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::shared_ptr<Process> client_;
  std::shared_ptr<CoordinatorProcess> coordinator_;
  std::vector<std::shared_ptr<Process>> buried_;  // crashed ones that have not ended

  bool stopping_ = false;
  bool done_ = false;
  std::string problem_;
  std::optional<coordinator::Job> job_;
  std::vector<JobEvent> seen_;  // events that the client has seen
  TimePoint last_fault_ = begin_;
  int faults_ = 0;
  int processes_ = 0;
  std::int64_t turns_ = 0;
  std::uint64_t trace_ = 0xcbf29ce484222325;
};

}  // namespace

Outcome RunWorld(const WorldOptions& options) {
  World world(options);
  return world.Run();
}

}  // namespace mlp::chaos
