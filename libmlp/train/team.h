// Threads that do one thing after another together, the calling thread among them.
//
// Used by one thread at a time.
#pragma once

#include <barrier>
#include <cstddef>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace mlp {

class Team {
 public:
  // Has `size` members, at least 1; fewer if the system has no more threads, or
  // no memory for them.
  explicit Team(std::size_t size);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  std::size_t size() const { return others_.size() + 1; }

  // Calls work(member) on each, 0 on the calling thread; returns when all have done it. If `work`
  // throws (an allocation failed), it throws what the first of the members threw.
  void Run(const std::function<void(std::size_t member)>& work);

 private:
  void Follow(std::size_t member);
  void Work(std::size_t member) noexcept;

  const std::function<void(std::size_t)>* work_ = nullptr;  // none: leave
  std::vector<std::exception_ptr> thrown_;                  // by member
  std::barrier<> barrier_;                                  // passed before and after each work
  std::vector<std::thread> others_;
};

}  // namespace mlp
