#include "libmlp/train/team.h"

#include <system_error>

namespace mlp {

Team::Team(std::size_t size) : barrier_(static_cast<std::ptrdiff_t>(size)) {
  for (std::size_t member = 1; member < size; ++member) {
    try {
      others_.emplace_back([this, member] { Follow(member); });
    } catch (const std::system_error&) {
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
  work(0);
  barrier_.arrive_and_wait();
}

void Team::Follow(std::size_t member) {
  while (true) {
    barrier_.arrive_and_wait();
    if (work_ == nullptr) return;
    (*work_)(member);
    barrier_.arrive_and_wait();
  }
}

}  // namespace mlp
