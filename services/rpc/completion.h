// Operations on a gRPC completion queue, awaited: the tag that gRPC carries is the address of an
// object in the flow's own coroutine frame.
//
//   const bool ok = co_await Completion([&](void* tag) { reader->Read(&message, tag); });
//
// The flow continues from the loop, on the loop thread, never inside the operation's start. The
// meaning of `ok` depends on the operation: false means "no more" for a Read, "the call is dead"
// for a Write or a server's Finish, "the server was shut down first" for a server's Request.
#pragma once

#include <coroutine>
#include <utility>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace mlp::rpc {

// The object that a completion queue's tag points to.
class Tag {
 public:
  Tag() = default;
  Tag(const Tag&) = delete;
  Tag& operator=(const Tag&) = delete;

  // Returns the address to hand to gRPC. Call it once per operation, right before it starts, so
  // that ThreadSanitizer sees the hand-over that happens inside uninstrumented gRPC.
  void* Arm() {
#if defined(__SANITIZE_THREAD__)
    __tsan_release(this);
#endif
    return this;
  }

  // The loop calls this when the operation with this tag has ended.
  static void Deliver(void* tag, bool ok) {
#if defined(__SANITIZE_THREAD__)
    __tsan_acquire(tag);
#endif
    static_cast<Tag*>(tag)->OnCompletion(ok);
  }

 protected:
  ~Tag() = default;

 private:
  virtual void OnCompletion(bool ok) = 0;
};

// Awaits the one operation that `start(void* tag)` starts. Name nothing in `start`'s capture list
// but `&`: g++ 12 destroys the members of a temporary lambda twice.
template <class Start>
class [[nodiscard]] Completion final : private Tag {
 public:
  explicit Completion(Start start) : start_(std::move(start)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> flow) {
    flow_ = flow;
    start_(Arm());
  }
  bool await_resume() const noexcept { return ok_; }

 private:
  void OnCompletion(bool ok) override {
    ok_ = ok;
    flow_.resume();
  }

  Start start_;
  std::coroutine_handle<> flow_;
  bool ok_ = false;
};

}  // namespace mlp::rpc
