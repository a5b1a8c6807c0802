#include "libmlp/train/team.h"

#include <exception>
#include <utility>

namespace mlp {

Team::Team(std::size_t size) : thrown_(size), barrier_(static_cast<std::ptrdiff_t>(size)) {
  others_.reserve(size);  // a thread that runs must not be dropped by an allocation that fails
  for (std::size_t member = 1; member < size; ++member) {
    try {
      others_.emplace_back([this, member] { Follow(member); });
    } catch (const std::exception&) {
      for (; member < size; ++member) barrier_.arrive_and_drop();
    }
  }
}

Team::~Team() {
  work_ = nullptr;
  if (!others_.empty()) barrier_.arrive_and_wait();
  for (std::thread& other : others_) other.join();
}

void Team::Run(const std::function<void(std::size_t)>& work) {
  if (others_.empty()) return work(0);
  work_ = &work;
  barrier_.arrive_and_wait();
  Work(0);
  barrier_.arrive_and_wait();
  std::exception_ptr first;
  for (std::exception_ptr& thrown : thrown_) {
    std::exception_ptr each = std::exchange(thrown, nullptr);
    if (first == nullptr) first = std::move(each);
  }
  if (first != nullptr) std::rethrow_exception(first);
}

// Nobody may miss the barrier: the others would wait there for ever.
void Team::Work(std::size_t member) noexcept {
  try {
    (*work_)(member);
  } catch (...) {
    thrown_[member] = std::current_exception();
  }
}

void Team::Follow(std::size_t member) {
  while (true) {
    barrier_.arrive_and_wait();
    if (work_ == nullptr) return;
    Work(member);
    barrier_.arrive_and_wait();
  }
}

}  // namespace mlp
