// The connections that a server's clients made to it.
#pragma once

namespace mlp::rpc {

// Shuts down, at once and in both directions, every TCP connection of this process whose own end is
// that port. Its owner learns that from its next operation and closes it. Any thread.
void CutConnections(int port);

}  // namespace mlp::rpc
