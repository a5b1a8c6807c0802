// A coordinator that starts again and again on one disk, in virtual time, for tests.
#pragma once

#include <catch2/catch.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/coordinator/run/coordinator.h"
#include "services/coordinator/store/disk/file_job_log.h"
#include "services/coordinator/store/memory_store.h"
#include "services/simulation/simulated_cluster.h"
#include "test/support/tiny_data.h"

namespace mlp::coordinator {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using mlp::test::TinyData;

// A disk that can be full. Once it is cut off, nothing reaches it any more.
class Disk final : public Store {
 public:
  explicit Disk(MemoryStore& store) : store_(store) {}
  absl::StatusOr<StoredState> Load() override { return store_.Load(); }
  absl::Status Commit(const std::vector<Change>& changes) override {
    if (full || cut_off) return absl::ResourceExhaustedError("no room on the disk");
    return store_.Commit(changes);
  }
  absl::Status Sync() override {
    return unsynced ? absl::UnavailableError("the disk does not answer") : store_.Sync();
  }
  absl::StatusOr<std::vector<JobEvent>> Events(const std::string& id, std::int64_t from,
                                               std::size_t limit) override {
    return store_.Events(id, from, limit);
  }
  absl::StatusOr<std::shared_ptr<const Model>> GetModel(const std::string& id) override {
    return store_.GetModel(id);
  }
  absl::StatusOr<JobProgress> GetProgress(const std::string& id) override {
    return store_.GetProgress(id);
  }

  bool full = false;
  bool unsynced = false;
  bool cut_off = false;

 private:
  MemoryStore& store_;
};

// One life of a coordinator.
class Life {
 public:
  Life(async::VirtualClock& clock, MemoryStore& store, int nodes, JournalOptions options,
       LoadDataset load)
      : clock_(clock),
        workers_(clock),
        disk(store),
        cluster(clock, workers_, 500us),
        journal(clock, workers_, workers_, disk, log_, options) {
    REQUIRE(journal.Open().ok());
    coordinator.emplace(clock, workers_, cluster, journal, std::move(load));
    for (int number = 0; number < nodes; ++number) {
      simulation::SimulatedNodeOptions node;
      node.name = "node-" + std::to_string(number + 1);
      node.data_dir = TinyData::Path();
      node.compute_time = [](auto, auto) { return 10ms; };
      cluster.Start(cluster.AddNode(node));
    }
    flows_.Spawn(coordinator->Run(stop_.get_token()));
  }
  ~Life() { Stop(); }

  // Ends this life as SIGTERM does.
  void Stop() {
    stop_.request_stop();
    while (flows_.running() > 0 && clock_.RunOne()) {
    }
  }
  // Ends this life as SIGKILL does.
  void Crash() {
    disk.cut_off = true;
    Stop();
  }
  // Calls Create and waits until it is answered or `patience` has passed.
  std::optional<absl::StatusOr<Job>> Create(JobSpec spec, std::string request_id = "",
                                            async::Duration patience = 1s) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<Job>>>();
    flows_.Spawn(Ask(std::move(spec), std::move(request_id), answer));
    const auto end = clock_.Now() + patience;
    while (!*answer && clock_.Now() < end && clock_.RunOne()) {
    }
    return *answer;
  }
  Job Get(const std::string& id) { return coordinator->Get(id).value(); }
  Job Finish(const std::string& id) {
    while (!IsFinal(Get(id).state) && clock_.RunOne()) {
    }
    clock_.RunFor(0ns);  // writes the events recorded so far
    return Get(id);
  }
  // The number of events that a watcher has got by now.
  std::size_t EventsTold(const std::string& id) {
    std::size_t told = 0;
    flows_.Spawn(CountEvents(id, told));
    clock_.RunFor(1ms);
    return told;
  }
  // Runs until the job has finished so many rounds and so many shards of the next one.
  void RunUntil(const std::string& id, int rounds, std::size_t shards) {
    const auto there = [&] {
      const JobProgress progress = disk.GetProgress(id).value();
      return Get(id).rounds_done == rounds && progress.shards.size() == shards;
    };
    while (!there()) REQUIRE(clock_.RunOne());
  }

 private:
  async::Task<> Ask(JobSpec spec, std::string request_id,
                    std::shared_ptr<std::optional<absl::StatusOr<Job>>> answer) {
    absl::StatusOr<Job> job = co_await coordinator->Create(std::move(spec), std::move(request_id));
    *answer = std::move(job);
  }
  async::Task<> CountEvents(std::string id, std::size_t& told) {
    while (true) {
      const auto next = static_cast<std::int64_t>(told) + 1;
      const auto events = co_await coordinator->EventsSoFar(id, next);
      if (events->empty()) break;
      told += events->size();
    }
  }

  async::VirtualClock& clock_;
  async::InlineWorkers workers_;
  NoJobLog log_;

 public:
  Disk disk;
  simulation::SimulatedCluster cluster;
  Journal journal;
  std::optional<Coordinator> coordinator;

 private:
  std::stop_source stop_;
  async::TaskGroup flows_;
};

struct World {
  Life Start(int nodes = 2) { return Life(clock, store, nodes, options, load); }
  // A coordinator takes the job and is killed when so many rounds and so many shards of the next
  // one are done. Returns the job's id.
  std::string CrashIn(const JobSpec& spec, int rounds, std::size_t shards) {
    Life first = Start();
    std::string id = first.Create(spec)->value().id;
    first.RunUntil(id, rounds, shards);
    first.Crash();
    return id;
  }
  std::vector<JobEvent> Events(const std::string& id) {
    return store.Events(id, 1, std::numeric_limits<std::size_t>::max()).value();
  }
  template <class Event>
  std::vector<Event> Of(const std::string& id) {
    std::vector<Event> found;
    for (const JobEvent& event : Events(id)) {
      if (const auto* body = std::get_if<Event>(&event.body)) found.push_back(*body);
    }
    return found;
  }

  async::VirtualClock clock;
  MemoryStore store;
  JournalOptions options{.durable = true};
  LoadDataset load = [](const std::string&) { return TinyData::Dataset(); };
};

inline std::string PlainDigest() {
  World world;
  Life life = world.Start();
  return life.Finish(life.Create(TinyData::Job())->value().id).model_digest;
}

}  // namespace mlp::coordinator
