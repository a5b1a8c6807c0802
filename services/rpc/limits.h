// Limits that both ends of a connection must agree on.
#pragma once

namespace mlp::rpc {

// The largest message that is sent or received: 64 MiB of rows or parameters (8,000,000 float64
// are 61 MiB), and room for the fields around them.
inline constexpr int kMaxMessageBytes = 66 * 1024 * 1024;

}  // namespace mlp::rpc
