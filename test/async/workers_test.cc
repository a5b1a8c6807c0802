#include "services/async/workers.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/thread_workers.h"
#include "services/async/virtual_clock.h"

namespace mlp::async {
namespace {

// A loop in miniature: posted callbacks run on the thread that calls RunOne.
class Mailbox {
 public:
  void Post(std::function<void()> callback) {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(callback));
    changed_.notify_one();
  }
  void RunOne() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !posted_.empty(); });
    const auto callback = std::move(posted_.front());
    posted_.erase(posted_.begin());
    lock.unlock();
    callback();
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return posted_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> posted_;
};

ThreadWorkers::Post PostTo(Mailbox& mailbox) {
  return [&mailbox](std::function<void()> callback) { mailbox.Post(std::move(callback)); };
}

Task<> Square(Workers& workers, int value, int& result, std::thread::id& worker) {
  auto work = [&worker, value] {
    worker = std::this_thread::get_id();
    return std::make_unique<int>(value * value);
  };
  const std::unique_ptr<int> squared = co_await Offload(workers, std::move(work));
  result = *squared;
}

TEST_CASE("offloaded work runs on another thread and its result comes back to this one") {
  Mailbox mailbox;
  ThreadWorkers workers(2, PostTo(mailbox));
  TaskGroup group;
  int result = 0;
  std::thread::id worker;
  group.Spawn(Square(workers, 7, result, worker));
  CHECK(result == 0);
  mailbox.RunOne();
  CHECK(result == 49);
  CHECK(worker != std::thread::id());
  CHECK(worker != std::this_thread::get_id());
}

TEST_CASE("stopping the workers runs to its end, and reports, all work that was accepted") {
  Mailbox mailbox;
  std::atomic<int> worked = 0;
  int done = 0;
  ThreadWorkers workers(3, PostTo(mailbox));
  for (int i = 0; i < 1000; ++i) workers.Run([&] { ++worked; }, [&] { ++done; });
  workers.Stop();
  CHECK(worked == 1000);
  REQUIRE(mailbox.size() == 1000);
  for (int i = 0; i < 1000; ++i) mailbox.RunOne();
  CHECK(done == 1000);
  workers.Stop();  // harmless
}

TEST_CASE("one worker begins work in the order of acceptance") {
  Mailbox mailbox;
  std::vector<int> order;
  {
    ThreadWorkers workers(1, PostTo(mailbox));
    for (int i = 0; i < 5; ++i) workers.Run([&order, i] { order.push_back(i); }, [] {});
  }
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("what the work owns is gone before its end is reported") {
  Mailbox mailbox;
  ThreadWorkers workers(1, PostTo(mailbox));
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = owned;
  bool gone = false;
  workers.Run([owned = std::move(owned)] {}, [&] { gone = watched.expired(); });
  mailbox.RunOne();
  CHECK(gone);
}

TEST_CASE("inline workers work in a later turn of the clock and take no time") {
  VirtualClock clock;
  const TimePoint start = clock.Now();
  InlineWorkers workers(clock);
  TaskGroup group;
  int result = 0;
  std::thread::id worker;
  group.Spawn(Square(workers, 7, result, worker));
  CHECK(result == 0);
  CHECK(worker == std::thread::id());
  clock.RunAll();
  CHECK(result == 49);
  CHECK(worker == std::this_thread::get_id());
  CHECK(clock.Now() == start);
}

}  // namespace
}  // namespace mlp::async
