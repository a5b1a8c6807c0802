// Threads that do one thing after another together, the calling thread among them.
//
// Used by one thread at a time.
#pragma once

#include <barrier>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace mlp {

class Team {
 public:
  // Has `size` members, at least 1; fewer if the system has no more threads.
  explicit Team(std::size_t size);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  std::size_t size() const { return others_.size() + 1; }

  // Calls work(member) on each, 0 on the calling thread; returns when all have done it. `work` must
  // not throw.
  void Run(const std::function<void(std::size_t member)>& work);

 private:
  void Follow(std::size_t member);

  const std::function<void(std::size_t)>* work_ = nullptr;  // none: leave
  std::barrier<> barrier_;                                  // passed before and after each work
  std::vector<std::thread> others_;
};

}  // namespace mlp
