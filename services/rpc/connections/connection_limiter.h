// The connections that a server keeps, and those that it closes: a pure state machine over what a
// listener sees.
//
// A connection is new until a call has come over it. Each bound has a remedy that costs strangers
// before it costs users:
// - too many connections, in all or from one address: the oldest new one of those makes place; if
//   there is none, the one that comes is refused;
// - a new connection that makes no call in time is closed;
// - bytes that gRPC read and that no call took (headers without an end, frames of nothing) are
//   counted: a connection that has too many is closed, and the one with the most if there are too
//   many in all. gRPC 1.51 bounds none of this memory by itself;
// - so are calls that were abandoned before their request came, which no limit of calls at once
//   bounds;
// - the connection whose bytes keep the server's thread busy to the exclusion of all others, as a
//   Watchdog finds, is closed.
// An address stands for an IPv4 address or an IPv6 network of 64 bits. Not thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/async/clock.h"

namespace mlp::rpc {

struct ConnectionLimits {
  std::size_t connections = 0;       // in all, >= 1
  std::size_t connections_each = 0;  // from one address, >= 1
  async::Duration first_call = std::chrono::seconds(10);
  std::uint64_t untaken_bytes = std::uint64_t{160} << 20;      // in all
  std::uint64_t untaken_bytes_each = std::uint64_t{72} << 20;  // of one connection
  // Of one that has made no call. gRPC may read the largest window (16 MiB) of a first request's
  // bytes before a busy server takes the call.
  std::uint64_t untaken_bytes_new = std::uint64_t{24} << 20;
  double abandoned_calls = 2000;  // of one connection, beside some each second
};

// Returns the limits of a server whose process may open so many descriptors: less than half of them
// for connections that others make, half of that for one address. The rest is for connections that
// the process makes and for files.
ConnectionLimits LimitsFor(std::uint64_t descriptors);

class ConnectionLimiter {
 public:
  // Never that of two connections.
  using Id = std::uint64_t;

  // Where a connection comes from.
  struct Origin {
    std::string peer;     // address and port, one connection's only; empty: this machine's own
                          // socket file, which counts, but is trusted
    std::string address;  // what connections_each holds for
  };
  struct Verdict {
    bool admitted = false;
    std::optional<Id> instead_of;  // the connection to close for it
  };
  struct Excess {
    Id id = 0;
    std::string peer;
    std::string reason;
  };

  explicit ConnectionLimiter(const ConnectionLimits& limits) : limits_(limits) {}

  // Judges a connection that was accepted, and keeps it, and forgets the one that it takes the
  // place of, if it is admitted.
  Verdict Admit(async::TimePoint now, Id id, Origin origin);
  // Notes that the server took a call or a message that `peer` sent. False if its connection is one
  // of those that were closed lately: nobody waits for an answer.
  bool Took(std::string_view peer);
  // Notes that a call of `peer` ended before its request came.
  void Abandoned(std::string_view peer);
  // Notes the bytes that gRPC has read of a connection since it began.
  void Read(async::TimePoint now, Id id, std::uint64_t bytes);
  void Closed(Id id);
  // Forgets the connections to close now, and returns them.
  std::vector<Excess> TakeExcess(async::TimePoint now);
  // Forgets the connection of which most was read between the two times that its bytes were last
  // noted, and returns it; none if nothing was read of any, or so much that it was data, which
  // keeps nobody busy for long.
  std::optional<Excess> TakeBusiest();

  const ConnectionLimits& limits() const { return limits_; }
  std::size_t size() const { return connections_.size(); }
  // True if there may soon be something to close: new connections, or much that no call took.
  bool InHaste() const { return !new_.empty() || untaken_ > kMuch; }

 private:
  struct Connection {
    Origin origin;
    async::TimePoint since;
    std::optional<std::list<Id>::iterator> new_at;  // none: a call has come
    bool took = false;                              // since the bytes were last noted
    std::uint64_t read = 0;                         // bytes, as last noted
    std::uint64_t read_lately = 0;                  // of these, between the two last times
    double lately = 0;                              // seconds between these
    std::uint64_t taken = 0;                        // of these
    async::TimePoint noted;
    double abandoned = 0;  // calls
  };

  static constexpr std::uint64_t kMuch = std::uint64_t{16} << 20;
  static constexpr std::size_t kMostExpelled = 16;

  static std::uint64_t Untaken(const Connection& connection) {
    return connection.read - connection.taken;
  }
  // Returns the oldest new connection, of those from `address` if one is given.
  std::optional<Id> OldestNew(const std::string* address) const;
  Excess Remove(Id id, std::string reason);
  // The same for what is closed for its excess.
  Excess Expel(Id id, std::string reason);

  const ConnectionLimits limits_;
  std::unordered_map<Id, Connection> connections_;
  std::unordered_map<std::string, Id> by_peer_;
  std::unordered_map<std::string, std::size_t> from_;  // connections of an address, > 0
  std::uint64_t untaken_ = 0;                          // in all, at the last TakeExcess
  std::list<Id> new_;                                  // oldest first
  std::deque<std::string> expelled_;                   // peers, the last few
};

}  // namespace mlp::rpc
