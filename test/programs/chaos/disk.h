// The disk of the simulated coordinators: committed changes outlive them. Writes take time, fail
// for a while, or arrive although an error was reported.
#pragma once

#include <functional>
#include <random>
#include <utility>
#include <vector>

#include "services/async/clock.h"
#include "services/async/workers.h"
#include "services/coordinator/store/memory_store.h"

namespace mlp::chaos {

// Random draws for one part of the world.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  bool Once(double probability) { return Share() < probability; }
  // Draws a number from 0 to 1, 1 excluded.
  double Share() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  async::Duration Between(async::Duration low, async::Duration high) {
    const auto width = static_cast<double>((high - low).count());
    return low + async::Duration(static_cast<std::int64_t>(Share() * width));
  }
  int Below(int end) { return static_cast<int>(random_() % static_cast<std::uint64_t>(end)); }

 private:
  std::mt19937_64 random_;
};

struct Disk {
  coordinator::MemoryStore store;
  bool full = false;
};

// One coordinator's access to the disk. After its crash nothing gets there any more.
class DiskAccess final : public coordinator::Store {
 public:
  // `faulty` makes some writes fail, or pretend to.
  DiskAccess(Disk& disk, Dice& dice, bool faulty) : disk_(disk), dice_(dice), faulty_(faulty) {}

  void Cut() { cut_ = true; }

  absl::StatusOr<coordinator::StoredState> Load() override { return disk_.store.Load(); }
  absl::Status Commit(const std::vector<coordinator::Change>& changes) override {
    if (cut_) return absl::UnavailableError("the process is gone");
    if (std::exchange(arrived_, false)) return absl::OkStatus();  // the last write did arrive
    if (disk_.full) return absl::ResourceExhaustedError("no room on the simulated disk");
    if (faulty_ && dice_.Once(0.02)) return absl::UnavailableError("simulated write error");
    const absl::Status status = disk_.store.Commit(changes);
    if (!status.ok() || !faulty_ || !dice_.Once(0.02)) return status;
    arrived_ = true;
    return absl::UnavailableError("simulated error after the write");
  }
  absl::Status Sync() override {
    if (cut_) return absl::UnavailableError("the process is gone");
    if (faulty_ && dice_.Once(0.02)) return absl::UnavailableError("simulated sync error");
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<coordinator::JobEvent>> Events(const std::string& job_id,
                                                            std::int64_t from,
                                                            std::size_t limit) override {
    return disk_.store.Events(job_id, from, limit);
  }
  absl::StatusOr<std::shared_ptr<const coordinator::Model>> GetModel(
      const std::string& job_id) override {
    return disk_.store.GetModel(job_id);
  }
  absl::StatusOr<coordinator::JobProgress> GetProgress(const std::string& job_id) override {
    return disk_.store.GetProgress(job_id);
  }

 private:
  Disk& disk_;
  Dice& dice_;
  const bool faulty_;
  bool cut_ = false;
  bool arrived_ = false;
};

// Workers that take time before and after the work, so that a crash may come between.
class SlowWorkers final : public async::Workers {
 public:
  SlowWorkers(async::Clock& clock, Dice& dice) : clock_(clock), dice_(dice) {}

  void Run(std::function<void()> work, std::function<void()> done) override {
    const auto finish = [this, work = std::move(work), done = std::move(done)] {
      work();
      clock_.Schedule(clock_.Now() + Pause(), done);
    };
    clock_.Schedule(clock_.Now() + Pause(), finish);
  }

 private:
  async::Duration Pause() {
    using namespace std::chrono_literals;
    return dice_.Once(0.02) ? dice_.Between(0ms, 400ms) : dice_.Between(0ms, 5ms);
  }

  async::Clock& clock_;
  Dice& dice_;
};

}  // namespace mlp::chaos
