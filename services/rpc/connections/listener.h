// Accepts the connections of a gRPC server, within limits, and hands them over.
//
// gRPC 1.51 accepts nobody any more, for good, once the process has run out of descriptors, and
// bounds neither the number of connections nor what they send before a call. So a listener does it
// by itself, on a thread of its own, with a ConnectionLimiter. A connection that is refused is sent
// GOAWAY with the reason before it is closed.
//
//   auto listener = Listener::Bind("0.0.0.0:9090", LimitsFor(DescriptorLimit()));
//   ... builder.AddExternalConnectionAcceptor ...
//   (*listener)->Start(std::move(acceptor), progress);
//   ...
//   (*listener)->Stop();          // before the server is shut down
#pragma once

#include <grpcpp/server_builder.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/rpc/connections/connection_limiter.h"
#include "services/rpc/connections/sockets.h"
#include "services/rpc/connections/watchdog.h"

namespace mlp::rpc {

// Returns how many descriptors this process may have open.
std::uint64_t DescriptorLimit();

class Listener {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  // Binds `address`, as ListenAt does.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const std::string& address,
                                                        const ConnectionLimits& limits);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  // Stops, and removes the socket's file.
  ~Listener();

  // Begins to accept. Connections that came before have waited. `progress` returns that of the
  // server's thread; the listener's thread calls it until Stop.
  void Start(std::unique_ptr<Acceptor> acceptor, std::function<Watchdog::Progress()> progress);
  // Listens no more. The connections that there are go on, without limits. The second time does
  // nothing.
  void Stop();

  const ConnectionLimits& limits() const { return limiter_.limits(); }
  // Ends the connections that are still there, whatever they are doing. Any thread, after Stop.
  void Disconnect();

  int port() const { return sockets_.port; }  // 0 for a socket file
  // Notes that a call or a message of `peer` (as gRPC names it) was taken, or that a call of it
  // ended before its request came. Took returns false if the connection is closed. Any thread.
  bool Took(std::string_view peer);
  void Abandoned(std::string_view peer);

 private:
  struct Connection {
    int descriptor = -1;  // gRPC's, which closes it
    std::string peer;
  };

  Listener(ListeningSockets sockets, const ConnectionLimits& limits);

  void Run();
  // Accepts what waits. Returns false if there are no descriptors, not even by giving up the spare.
  bool Accept(int listening);
  void Take(int descriptor);
  async::Duration BetweenLooks();
  // Looks at the server's thread, and closes the connection that keeps it busy.
  void Watch();
  // Looks at what connections have received, and closes those that are beyond the limits.
  void Look();
  void Close(const ConnectionLimiter::Excess& excess);
  void Drop(ConnectionLimiter::Id id);
  // Logs at most once a second.
  void Complain(const std::string& text);

  ListeningSockets sockets_;
  int spare_ = -1;  // a descriptor to give up so that a connection can be accepted and refused
  int wake_ = -1;   // an eventfd: Stop
  std::unique_ptr<Acceptor> acceptor_;
  std::function<Watchdog::Progress()> progress_;
  // The thread's own.
  std::unordered_map<ConnectionLimiter::Id, Connection> connections_;
  Watchdog watchdog_;
  async::TimePoint watched_;
  async::TimePoint looked_;
  async::TimePoint complained_;
  std::mutex mutex_;
  ConnectionLimiter limiter_;  // under mutex_
  std::thread thread_;
};

}  // namespace mlp::rpc
