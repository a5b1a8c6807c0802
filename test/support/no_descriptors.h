// A process that has run out of file descriptors, for tests of code that reads files.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

namespace mlp::test {

// Keeps this process from having more than `spare` further files open while it lives. Nothing may
// be closed meanwhile that was open before.
class NoDescriptors {
 public:
  explicit NoDescriptors(int spare = 0) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = FirstRefused(spare);
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  // Returns the lowest number of a descriptor that is not to be had: the system gives out the
  // lowest that is free.
  static rlim_t FirstRefused(int spare) {
    std::vector<int> free;
    for (int i = 0; i < spare; ++i) free.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (const int descriptor : free) ::close(descriptor);
    return free.empty() ? 0 : static_cast<rlim_t>(free.back()) + 1;
  }

  rlimit before_{};
};

// Returns what `call` returns in such a process.
template <typename Call>
auto WithoutDescriptors(Call call, int spare = 0) {
  const NoDescriptors none(spare);
  return call();
}

}  // namespace mlp::test
