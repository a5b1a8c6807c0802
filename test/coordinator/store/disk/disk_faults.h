// Disk faults in the process that links it: SQLite's writes and syncs go through here. One test at
// a time, one thread at a time.
#pragma once

#include <cstddef>

namespace mlp::coordinator::test {

enum class Fault {
  kNoRoom,    // ENOSPC; half of the bytes are written; no sync fails
  kReadOnly,  // EROFS; nothing is written
  kError,     // EIO; half of the bytes are written
  kNoSync,    // EIO from syncs only
  kKill,      // half of the bytes are written, then SIGKILL
};

// From now on the `call`th write, truncation or sync, counted from 1, and where `lasting` all after
// it, fail.
void BreakDisk(int call, Fault fault, bool lasting);
// Returns how many calls there were since it was broken.
int MendDisk();

}  // namespace mlp::coordinator::test
