// Limits that both ends of a connection must agree on.
#pragma once

namespace mlp::rpc {

// Size of the largest message that is sent or received: 64 MiB of rows, and room for the fields
// around them.
inline constexpr int kMaxMessageBytes = 66 * 1024 * 1024;

}  // namespace mlp::rpc
