// Disk faults in the process that links it: SQLite's writes and syncs pass through here. One test
// at a time, one thread at a time.
#pragma once

#include <cstddef>

namespace mlp::coordinator::test {

enum class Fault {
  kNoRoom,    // ENOSPC; half of the bytes are written; no sync fails
  kTooLarge,  // EFBIG; otherwise the same
  kNoQuota,   // EDQUOT; otherwise the same
  kReadOnly,  // EROFS; nothing is written
  kError,     // EIO; half of the bytes are written
  kNoSync,    // EIO, from syncs only
  kKill,      // half of the bytes are written, then SIGKILL
};

// Makes the `call`th write, truncation or sync from now on, counted from 1, fail, and if `lasting`
// all later ones, too.
void BreakDisk(int call, Fault fault, bool lasting);
// Ends the fault; returns the number of calls since BreakDisk.
int MendDisk();

}  // namespace mlp::coordinator::test
