// The errors of the system that mean that there is no room for more bytes.
#pragma once

#include <cerrno>

namespace mlp::coordinator {

// True if the disk is full, the user's quota is used up, or a file may not become larger. All of
// them pass when somebody makes room, and nothing is wrong with what is there.
inline bool IsNoRoom(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace mlp::coordinator
