// A thread that may read no more than an ordinary user, for tests of files without permission.
#pragma once

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mlp::test {

// Takes the power to read every file, which root has, from the thread that makes it, and from
// threads that this one starts, while it lives.
class Unprivileged {
 public:
  Unprivileged() {
    syscall(SYS_capget, &header_, before_);
    __user_cap_data_struct less[2] = {before_[0], before_[1]};
    less[0].effective &= ~(Bit(CAP_DAC_OVERRIDE) | Bit(CAP_DAC_READ_SEARCH));
    syscall(SYS_capset, &header_, less);
  }
  ~Unprivileged() { syscall(SYS_capset, &header_, before_); }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  static constexpr __u32 Bit(int capability) { return __u32{1} << capability; }

  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2]{};
};

}  // namespace mlp::test
