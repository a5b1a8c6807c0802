#include "services/experiment/runner.h"

#include <utility>

namespace mlp::experiment {

Runner::Runner(std::vector<RunKey> keys, int threads, RunOne run_one)
    : keys_(std::move(keys)), run_one_(std::move(run_one)), runs_(keys_.size()) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(stop_.get_token()); });
  }
}

Runner::~Runner() { Stop(); }

void Runner::Work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::size_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      if (next_ == keys_.size()) return;
      number = next_++;
    }
    Run run = run_one_(keys_[number], stop);
    const std::lock_guard lock(mutex_);
    runs_[number] = std::move(run);
    ++ended_;
  }
}

std::size_t Runner::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void Runner::Stop() { stop_.request_stop(); }

std::vector<Run> Runner::Take() {
  threads_.clear();  // joins
  std::vector<Run> ended;
  for (Run& run : runs_) {
    if (run.done || !run.problem.empty()) ended.push_back(std::move(run));
  }
  return ended;
}

}  // namespace mlp::experiment
