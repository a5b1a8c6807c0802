#include "test/support/tcp_relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mlp::rpc {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxHeld = 1 << 20;  // a sender that is further ahead has to wait
constexpr int kBacklog = 128;              // connections that may wait while none is accepted

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Programs that are started meanwhile must not inherit the socket: they would keep it open.
int Socket(int flags) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0); }

bool Connect(int fd, int port) {
  const sockaddr_in address = Loopback(port);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

void ResetOnClose(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool Again() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// One direction of a connection.
class Way {
 public:
  Way(int from, int to) : from_(from), to_(to) {}

  bool Reads() const { return !ended_ && held_ < kMaxHeld; }
  bool Writes(Clock::time_point now) const {
    return !chunks_.empty() && chunks_.front().due <= now;
  }
  std::optional<Clock::time_point> Due() const {
    return chunks_.empty() ? std::nullopt : std::optional(chunks_.front().due);
  }
  // True if everything has been passed on, and the end as well.
  bool Over() const { return over_; }

  // Reads the bytes that have come. False if the connection has broken, or is to be broken.
  bool Read(Clock::time_point due, bool then_break) {
    if (!Reads()) return true;
    char buffer[65536];
    const ssize_t size = recv(from_, buffer, sizeof buffer, 0);
    if (size < 0) return Again();
    ended_ = size == 0;
    if (ended_) return true;
    const auto kept = static_cast<std::size_t>(then_break ? size / 2 : size);
    chunks_.push_back({due, std::string(buffer, kept)});
    held_ += kept;
    return !then_break;
  }
  // Passes on the bytes that are due. False if the connection has broken.
  bool Write(Clock::time_point now) {
    while (Writes(now)) {
      std::string& bytes = chunks_.front().bytes;
      const ssize_t size = send(to_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size < 0) return Again();
      held_ -= static_cast<std::size_t>(size);
      bytes.erase(0, static_cast<std::size_t>(size));
      if (bytes.empty()) chunks_.pop_front();
    }
    if (ended_ && chunks_.empty() && !over_) {
      over_ = true;
      shutdown(to_, SHUT_WR);
    }
    return true;
  }

 private:
  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };

  const int from_;
  const int to_;
  std::deque<Chunk> chunks_;
  std::size_t held_ = 0;
  bool ended_ = false;
  bool over_ = false;
};

}  // namespace

int ConnectTo(int port) {
  const int fd = Socket(0);
  if (Connect(fd, port)) return fd;
  close(fd);
  return -1;
}

class TcpRelay::Connection {
 public:
  // Takes both sockets over.
  Connection(int client, int server)
      : client_(client), server_(server), up_(client, server), down_(server, client) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    const bool over = up_.Over() && down_.Over();
    for (const int fd : {client_, server_}) {
      if (!over) ResetOnClose(fd);
      close(fd);
    }
  }

  // Passes on the bytes that are there and due. False if the connection has ended.
  bool PassOn(const Order& order) {
    const Clock::time_point now = Clock::now();
    bool whole = true;
    for (Way* way : {&up_, &down_}) {
      whole = way->Read(now + order.delay, order.mode == Mode::kReset) && whole;
      whole = way->Write(now) && whole;
    }
    return whole && !(up_.Over() && down_.Over());
  }

  // Adds the events and the time that are worth waiting for. A socket from which nothing is wanted
  // must not be waited for: if it is broken, the wait would end at once, again and again.
  void AddTo(std::vector<pollfd>& wanted, std::optional<Clock::time_point>& due) const {
    const Clock::time_point now = Clock::now();
    Add(client_, up_, down_, now, wanted);
    Add(server_, down_, up_, now, wanted);
    for (const Way* way : {&up_, &down_}) {
      const std::optional<Clock::time_point> next = way->Due();
      if (next && *next > now && (!due || *next < *due)) due = next;
    }
  }

 private:
  static void Add(int fd, const Way& from, const Way& to, Clock::time_point now,
                  std::vector<pollfd>& wanted) {
    const int events = (from.Reads() ? POLLIN : 0) | (to.Writes(now) ? POLLOUT : 0);
    if (events != 0) wanted.push_back({fd, static_cast<short>(events), 0});
  }

  const int client_;
  const int server_;
  Way up_;
  Way down_;
};

TcpRelay::TcpRelay(int target_port)
    : target_port_(target_port),
      listener_(Socket(SOCK_NONBLOCK)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  sockaddr_in address = Loopback(0);
  socklen_t length = sizeof address;
  bind(listener_, reinterpret_cast<const sockaddr*>(&address), length);
  listen(listener_, kBacklog);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Relay(); });
}

TcpRelay::~TcpRelay() {
  stopping_ = true;
  Wake();
  thread_.join();
  close(listener_);
  close(wake_);
}

void TcpRelay::Set(Mode mode, std::chrono::milliseconds delay) {
  order_ = Order{mode, mode == Mode::kDelay ? delay : std::chrono::milliseconds(0)};
  const unsigned mine = ++ordered_;
  Wake();
  for (unsigned obeyed = obeyed_; obeyed < mine; obeyed = obeyed_) obeyed_.wait(obeyed);
}

void TcpRelay::Wake() { eventfd_write(wake_, 1); }

void TcpRelay::Relay() {
  while (!stopping_) {
    const unsigned ordered = ordered_;
    const Order order = order_;
    obeyed_ = ordered;
    obeyed_.notify_all();
    if (order.mode != Mode::kHalfOpen) Accept(order.mode);
    if (order.mode == Mode::kRefuse) connections_.clear();
    if (order.mode != Mode::kHalfOpen) {
      connections_.remove_if([&](Connection& connection) { return !connection.PassOn(order); });
    }
    Await(order);
  }
}

void TcpRelay::Accept(Mode mode) {
  for (int client;
       (client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
    if (mode == Mode::kRefuse) {
      ResetOnClose(client);
      close(client);
      continue;
    }
    // A connection that fails, now or later, is noticed when it is read from.
    const int server = Socket(SOCK_NONBLOCK);
    Connect(server, target_port_);
    connections_.emplace_back(client, server);
  }
}

void TcpRelay::Await(const Order& order) {
  std::vector<pollfd> wanted{{wake_, POLLIN, 0}};
  std::optional<Clock::time_point> due;
  if (order.mode != Mode::kHalfOpen) {
    wanted.push_back({listener_, POLLIN, 0});
    for (const Connection& connection : connections_) connection.AddTo(wanted, due);
  }
  int limit = -1;
  if (due)
    limit =
        static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*due - Clock::now()).count());
  poll(wanted.data(), wanted.size(), due ? std::max(limit, 0) : -1);
  eventfd_t told;
  eventfd_read(wake_, &told);
}

}  // namespace mlp::rpc
