// Workers do work that takes long (arithmetic, files) elsewhere, so that it never holds up the
// loop.
#pragma once

#include <coroutine>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "services/async/task.h"

namespace mlp::async {

// The seam: threads in the programs, the virtual clock in simulations.
class Workers {
 public:
  virtual ~Workers() = default;
  // Called on the loop thread. Runs `work` on a worker, then `done` on the loop thread, in a later
  // turn of the loop. Work that was accepted is always run and always reported.
  virtual void Run(std::function<void()> work, std::function<void()> done) = 0;
};

namespace internal {

template <class F>
class OffloadAwaiter {
 public:
  using Result = std::invoke_result_t<F&>;

  OffloadAwaiter(Workers& workers, F& work) : workers_(workers), work_(work) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    workers_.Run([this] { result_.emplace(work_()); }, [caller] { caller.resume(); });
  }
  Result await_resume() { return std::move(*result_); }

 private:
  Workers& workers_;
  F& work_;
  std::optional<Result> result_;
};

}  // namespace internal

// co_await Offload(workers, std::move(work)) returns the result of work(), which runs on a worker.
// Until then the loop thread must not touch the objects that `work` refers to.
template <class F>
Task<std::invoke_result_t<F&>> Offload(Workers& workers, F work) {
  internal::OffloadAwaiter<F> offload(workers, work);
  co_return co_await offload;
}

}  // namespace mlp::async
