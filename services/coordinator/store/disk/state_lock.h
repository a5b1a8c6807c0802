// A state directory in use: made if it is missing, and locked against a second coordinator.
#pragma once

#include <filesystem>
#include <utility>

#include "absl/status/statusor.h"

namespace mlp::coordinator {

// Holds the lock, flock on `<directory>/lock`, until it is destroyed or the process ends in any
// way.
class StateLock {
 public:
  // Makes and locks the directory, and takes all permissions of others from the state's files that
  // are there. FailedPrecondition if another process holds it, with the
  // directory and the other's process id; ResourceExhausted (no room), Unavailable (cannot write).
  static absl::StatusOr<StateLock> Take(const std::filesystem::path& directory);

  StateLock(StateLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  StateLock& operator=(StateLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~StateLock();

 private:
  explicit StateLock(int file) : file_(file) {}

  int file_ = -1;
};

}  // namespace mlp::coordinator
