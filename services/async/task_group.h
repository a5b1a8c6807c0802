// TaskGroup: runs tasks side by side and waits for the end of all of them.
//
// The group must outlive its tasks: await Join() before destroying it. Loop thread only.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

#include "services/async/task.h"

namespace mlp::async {

class TaskGroup {
 public:
  TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() {
    if (running_ != 0) std::terminate();  // a task would go on with its group gone
  }

  // Starts `task`; returns when it ends or first suspends.
  void Spawn(Task<void> task) {
    ++running_;
    Run(this, std::move(task));
  }

  // Number of tasks that have not ended.
  std::size_t running() const { return running_; }

  class JoinAwaiter {
   public:
    explicit JoinAwaiter(TaskGroup& group) : group_(group) {}
    bool await_ready() const noexcept { return group_.running_ == 0; }
    void await_suspend(std::coroutine_handle<> joiner) noexcept { group_.joiner_ = joiner; }
    void await_resume() const noexcept {}

   private:
    TaskGroup& group_;
  };

  // co_await group.Join() waits until no task is running. One joiner at a time.
  JoinAwaiter Join() { return JoinAwaiter(*this); }

 private:
  // A coroutine that nobody awaits: it destroys itself at its end.
  struct Detached {
    struct promise_type {
      Detached get_return_object() const noexcept { return {}; }
      std::suspend_never initial_suspend() const noexcept { return {}; }
      std::suspend_never final_suspend() const noexcept { return {}; }
      void return_void() const noexcept {}
      [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
  };

  static Detached Run(TaskGroup* group, Task<void> task) {
    {
      // The task is destroyed before its end is reported: its parameters may refer to objects that
      // the joiner destroys.
      Task<void> running = std::move(task);
      co_await std::move(running);
    }
    // The joiner may destroy the group: nothing touches it after this call.
    group->OnEnd();
  }

  void OnEnd() {
    if (--running_ == 0 && joiner_) std::exchange(joiner_, nullptr).resume();
  }

  std::size_t running_ = 0;
  std::coroutine_handle<> joiner_;
};

}  // namespace mlp::async
