// A journal in virtual time, on a store in memory that can fail and counts what is asked of it.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/coordinator/store/journal.h"
#include "services/coordinator/store/memory_store.h"
#include "test/coordinator/store/store_fixtures.h"

namespace mlp::coordinator::test {

class WatchedStore final : public Store {
 public:
  absl::StatusOr<StoredState> Load() override {
    if (!loads.ok()) return loads;
    return memory.Load();
  }
  absl::Status Commit(const std::vector<Change>& changes) override {
    if (!writes.ok()) return writes;
    commits.push_back(changes.size());
    return memory.Commit(changes);
  }
  absl::Status Sync() override {
    if (!syncs.ok()) return syncs;
    return memory.Sync();
  }
  absl::StatusOr<std::vector<JobEvent>> Events(const std::string& job_id, std::int64_t from,
                                               std::size_t limit) override {
    ++event_reads;
    if (!reads.ok()) return reads;
    return memory.Events(job_id, from, limit);
  }
  absl::StatusOr<std::shared_ptr<const Model>> GetModel(const std::string& id) override {
    return memory.GetModel(id);
  }
  absl::StatusOr<JobProgress> GetProgress(const std::string& job_id) override {
    return memory.GetProgress(job_id);
  }

  MemoryStore memory;
  // Errors that Load, Events, Commit and Sync return; OK: they do what they should.
  absl::Status loads;
  absl::Status reads;
  absl::Status writes;
  absl::Status syncs;
  int event_reads = 0;
  std::vector<std::size_t> commits;  // the number of changes of each
};

// Has a line for each event: "job-1 3".
class LinesLog final : public JobLog {
 public:
  void Append(const std::string& job_id, const JobEvent& event) override {
    lines.push_back(absl::StrCat(job_id, " ", event.sequence));
  }

  std::vector<std::string> lines;
};

struct JournalFixture {
  ~JournalFixture() {
    store.writes = absl::OkStatus();
    store.syncs = absl::OkStatus();
    clock.RunAll();  // what is under way ends
  }

  // Makes a journal on what the store has; another one before it must have written everything.
  absl::Status Open(JournalOptions options = {.durable = true}) {
    journal.emplace(clock, workers, workers, store, log, options);
    return journal->Open();
  }
  // Changes the store without the journal.
  void Put(const std::vector<Change>& changes) { REQUIRE(store.memory.Commit(changes).ok()); }
  // Lets everything recorded be written and synced, if that is possible.
  void Write() { clock.RunFor(std::chrono::milliseconds(2)); }

  // Returns the job's id.
  std::string CreateJob(const std::string& request_id = "",
                        const std::string& dataset = "letters") {
    Job job = NewJob(0);
    job.request_id = request_id;
    job.spec.dataset = dataset;
    return journal->Create(std::move(job)).id;
  }
  void Enter(const std::string& id, JobState state) {
    journal->Record(id, 0, events::StateChanged{state, "", ""});
  }
  // Records an event after which the job is not saved as it stands.
  void Dispatch(const std::string& id) { journal->Record(id, 1, Event(1).body); }

  absl::StatusOr<SharedEvents> ReadEvents(const std::string& id, std::int64_t from,
                                          std::size_t limit = 10) {
    read = absl::UnknownError("not read yet");
    flows.Spawn(Read(id, from, limit));
    clock.RunFor(std::chrono::nanoseconds(0));
    return read;
  }
  std::vector<std::int64_t> Sequences(const std::string& id, std::int64_t from,
                                      std::size_t limit = 10) {
    const absl::StatusOr<SharedEvents> found = ReadEvents(id, from, limit);
    REQUIRE(found.ok());
    std::vector<std::int64_t> sequences;
    for (const auto& event : *found) sequences.push_back(event->sequence);
    return sequences;
  }
  std::vector<std::string> Listed(std::int64_t before, std::size_t limit) {
    std::vector<std::string> ids;
    for (const Job& job : journal->List(before, limit)) ids.push_back(job.id);
    return ids;
  }

  // Each leaves what comes of it in a member.
  async::Task<> Read(std::string id, std::int64_t from, std::size_t limit) {
    read = co_await journal->Events(std::move(id), from, limit);
  }
  async::Task<> AwaitCommitted() { committed = co_await journal->Committed(); }
  async::Task<> AwaitRoom(std::stop_token stop) { room = co_await journal->Room(std::move(stop)); }

  async::Task<> Close() {
    co_await journal->Close();
    lines_when_closed = log.lines;
  }

  async::VirtualClock clock;
  async::InlineWorkers workers{clock};
  WatchedStore store;
  LinesLog log;
  std::optional<Journal> journal;
  async::TaskGroup flows;
  absl::StatusOr<SharedEvents> read;
  std::optional<absl::Status> committed;
  std::optional<bool> room;
  std::vector<std::string> lines_when_closed;
};

}  // namespace mlp::coordinator::test
