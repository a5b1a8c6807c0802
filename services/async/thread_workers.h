// Workers on threads of their own; they begin work in the order in which it was accepted.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "services/async/workers.h"

namespace mlp::async {

class ThreadWorkers final : public Workers {
 public:
  // Runs a callback on the loop thread; callable from any thread.
  using Post = std::function<void(std::function<void()>)>;

  // `threads` is 1 or more. `post` must work until Stop has returned.
  ThreadWorkers(int threads, Post post);
  ~ThreadWorkers() override { Stop(); }
  ThreadWorkers(const ThreadWorkers&) = delete;
  ThreadWorkers& operator=(const ThreadWorkers&) = delete;

  void Run(std::function<void()> work, std::function<void()> done) override;

  // Runs all accepted work to its end, posts its `done`s and joins the threads. Nothing may be
  // accepted afterwards. Must not be called on the workers' own threads.
  void Stop();

 private:
  struct Job {
    std::function<void()> work;
    std::function<void()> done;
  };

  void WorkUntilStopped();

  const Post post_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace mlp::async
