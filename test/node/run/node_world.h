// A node in virtual time, for tests: the tasks that it is offered, and their results.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libmlp/model/initialization.h"
#include "libmlp/model/parameters.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/node/run/data_trainer.h"
#include "services/node/run/node.h"
#include "test/node/run/fake_source.h"
#include "test/node/shard_files.h"

namespace mlp::node {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

// Workers in virtual time whose work can be held back: a task computes as long as the test likes.
class HeldWorkers final : public async::Workers {
 public:
  explicit HeldWorkers(async::Clock& clock) : clock_(clock) {}

  void Run(std::function<void()> work, std::function<void()> done) override {
    waiting_.push_back([this, work = std::move(work), done = std::move(done)] {
      work();
      clock_.Post(done);
    });
    if (!held_) Release();
  }
  void Hold() { held_ = true; }
  // Runs the work that is held back, and all that comes later.
  void Release() {
    held_ = false;
    for (const auto& work : std::exchange(waiting_, {})) work();
  }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  async::Clock& clock_;
  std::vector<std::function<void()>> waiting_;
  bool held_ = false;
};

using Told = std::vector<std::string_view>;
// The events of one task, in order, and how it ended.
struct Story final : AttemptObserver {
  void OnAccepted(int behind) override {
    queued_behind = behind;
    told.push_back("accepted");
  }
  void OnStarted(async::Duration queued, async::Duration held_up) override {
    queued_for = queued;
    held_up_for = held_up;
    told.push_back("started");
  }

  bool ended() const { return outcome.has_value(); }
  bool trained() const {
    return ended() && outcome->ok() && std::holds_alternative<SharedTrained>(**outcome);
  }
  std::optional<RejectReason> rejection() const {
    if (!ended() || !outcome->ok() || !std::holds_alternative<RejectReason>(**outcome)) return {};
    return std::get<RejectReason>(**outcome);
  }
  const Trained& result() const { return *std::get<SharedTrained>(**outcome); }
  absl::StatusCode code() const { return outcome->status().code(); }

  Told told;
  int queued_behind = 0;
  async::Duration queued_for{-1};
  async::Duration held_up_for{-1};
  std::optional<absl::StatusOr<AttemptOutcome>> outcome;
  async::Duration ended_after{-1};  // since the world began
  std::stop_source stop;
};

// The place from which a node gets its shards.
enum class From { kDirectory, kSource, kBoth };

inline std::shared_ptr<const ModelSpec> Shared(ModelSpec model) {
  return std::make_shared<const ModelSpec>(std::move(model));
}

// A node in virtual time with a small dataset, by default one that holds every task up for 3 s.
// Its tasks are stopped and ended with it.
struct World {
  explicit World(double load_probability = 1, From from = From::kDirectory,
                 LookAtMemory memory = {})
      : trainer(DataFor(from, data, memory), clock, workers,
                from == From::kDirectory ? nullptr : &source),
        node(OptionsFor(load_probability, memory), clock, trainer, shutdown.get_token()) {
    task.data = data.Write("xor", "train_1.txt", kXor);
    task.model = Shared(ModelSpec{{2, 3, 2}, Activation::kTanh});
    task.parameters.values = Share(
        InitialParameters(*task.model, Precision::kFloat64, Initialization::kGlorotUniform, 1));
    task.training.epochs = 5;
    task.training.learning_rate = 0.1;
    task.terms = {.slots = 0, .rejectable = false};
  }
  ~World() {
    for (Story& story : stories) story.stop.request_stop();
    workers.Release();
    clock.RunAll();
  }

  static DataTrainerOptions DataFor(From from, const DataDirectory& data,
                                    const LookAtMemory& memory) {
    DataTrainerOptions options;
    options.memory = memory;
    if (from != From::kSource) options.data_dir = data.path();
    return options;
  }
  static NodeOptions OptionsFor(double load_probability, const LookAtMemory& memory) {
    NodeOptions options;
    options.memory = memory;
    options.name = std::string("a");  // g++ 12 warns of the assignment without
    options.load.probability = load_probability;
    options.load.delay = 3s;
    return options;
  }

  // Offers the node a task; its story goes on as time does.
  Story& Offer() {
    Story& story = stories.emplace_back();
    tasks.Spawn(Follow(story));
    return story;
  }
  async::Task<void> Follow(Story& story) {
    TrainTask copy = task;
    if (copy.job_id.empty()) copy.job_id = "job-" + std::to_string(stories.size());
    story.outcome = co_await node.Train(std::move(copy), story, story.stop.get_token());
    story.ended_after = clock.Now() - begin;
  }

  const DataDirectory data;
  async::VirtualClock clock;
  const async::TimePoint begin = clock.Now();
  HeldWorkers workers{clock};
  std::stop_source shutdown;
  FakeSource source{clock};
  DataTrainer trainer;
  Node node;
  TrainTask task;  // offered next
  std::list<Story> stories;
  async::TaskGroup tasks;
};

}  // namespace mlp::node
