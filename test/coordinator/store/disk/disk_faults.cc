#include "test/coordinator/store/disk/disk_faults.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace mlp::coordinator::test {
namespace {

std::atomic<bool> broken = false;
int calls = 0;
int failing_call = 0;
Fault failing_with = Fault::kError;
bool failing_on = false;

enum class Call { kWrite, kSync };

bool FailsNow(Call call) {
  if (!broken || (failing_with == Fault::kNoSync && call == Call::kWrite)) return false;
  ++calls;
  return failing_on ? calls >= failing_call : calls == failing_call;
}

bool IsOfRoom(Fault fault) {
  return fault == Fault::kNoRoom || fault == Fault::kTooLarge || fault == Fault::kNoQuota;
}

int Fail() {
  switch (failing_with) {
    case Fault::kNoRoom:
      errno = ENOSPC;
      break;
    case Fault::kTooLarge:
      errno = EFBIG;
      break;
    case Fault::kNoQuota:
      errno = EDQUOT;
      break;
    case Fault::kReadOnly:
      errno = EROFS;
      break;
    case Fault::kError:
    case Fault::kNoSync:
      errno = EIO;
      break;
    case Fault::kKill:
      raise(SIGKILL);
  }
  return -1;
}

ssize_t Write(int file, const void* bytes, std::size_t size, off_t offset) {
  if (!FailsNow(Call::kWrite)) return syscall(SYS_pwrite64, file, bytes, size, offset);
  if (failing_with != Fault::kReadOnly) syscall(SYS_pwrite64, file, bytes, size / 2, offset);
  return Fail();
}

int Truncate(int file, off_t size) {
  return FailsNow(Call::kWrite) ? Fail() : static_cast<int>(syscall(SYS_ftruncate, file, size));
}

int Sync(long call, int file) {
  if (FailsNow(Call::kSync) && !IsOfRoom(failing_with)) return Fail();
  return static_cast<int>(syscall(call, file));
}

}  // namespace

void BreakDisk(int call, Fault fault, bool lasting) {
  calls = 0;
  failing_call = call;
  failing_with = fault;
  failing_on = lasting;
  broken = true;
}

int MendDisk() {
  broken = false;
  return calls;
}

}  // namespace mlp::coordinator::test

// These functions come before those of the C library, for shared libraries, too.
extern "C" {

ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t offset) {
  return mlp::coordinator::test::Write(file, bytes, size, offset);
}
ssize_t pwrite64(int file, const void* bytes, std::size_t size, off_t offset) {
  return mlp::coordinator::test::Write(file, bytes, size, offset);
}
int ftruncate(int file, off_t size) noexcept {
  return mlp::coordinator::test::Truncate(file, size);
}
int ftruncate64(int file, off_t size) noexcept {
  return mlp::coordinator::test::Truncate(file, size);
}
int fsync(int file) { return mlp::coordinator::test::Sync(SYS_fsync, file); }
int fdatasync(int file) { return mlp::coordinator::test::Sync(SYS_fdatasync, file); }
}
