// Runs the runs of an experiment on threads, in any order, and returns their results in order.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "services/experiment/run.h"

namespace mlp::experiment {

class Runner {
 public:
  // Called on several threads at once.
  using RunOne = std::function<Run(const RunKey&, const std::stop_token&)>;

  // Begins at once, on `threads` threads.
  Runner(std::vector<RunKey> keys, int threads, RunOne run_one);
  // Calls Stop.
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Number of runs to be done, and of those that have ended. Any thread.
  std::size_t size() const { return keys_.size(); }
  std::size_t ended() const;
  // Ends the runs that are under way and begins no more. Any thread.
  void Stop();
  // Waits for the end and returns the runs that were completed or failed, in the order of `keys`.
  // Call it once.
  std::vector<Run> Take();

 private:
  void Work(const std::stop_token& stop);

  const std::vector<RunKey> keys_;
  const RunOne run_one_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::size_t next_ = 0;
  std::size_t ended_ = 0;
  std::vector<Run> runs_;  // run number i at i; an empty one has not ended
  std::vector<std::jthread> threads_;
};

}  // namespace mlp::experiment
