#include "services/rpc/connections/listener.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mlp::rpc {
namespace {

using namespace std::chrono_literals;

constexpr auto kWatchEvery = 50ms;
constexpr auto kLookEvery = 500ms;
constexpr auto kLookInHaste = 50ms;
// A look at a connection takes a microsecond: all of them take a hundredth of the time at most.
constexpr auto kLookPerConnection = 100us;
// Whoever comes when there is no room may find that of one that has ended.
constexpr auto kLookForRoom = 20ms;
constexpr auto kPauseWithoutDescriptors = 50ms;
constexpr auto kComplain = 1s;
// Looks at a busy thread after which what was read between them tells the connection. As many calls
// as a connection may have at once take one look's time.
constexpr int kBusyLooks = 2;
constexpr int kAcceptsPerTurn = 64;

constexpr std::string_view kFull = "this server has as many connections as it may; try again later";

async::TimePoint Now() {
  return async::TimePoint(std::chrono::steady_clock::now().time_since_epoch());
}

int SpareDescriptor() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

int AcceptFrom(int listening) {
  return accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

}  // namespace

std::uint64_t DescriptorLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

Listener::Listener(ListeningSockets sockets, const ConnectionLimits& limits)
    : sockets_(std::move(sockets)),
      spare_(SpareDescriptor()),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      limiter_(limits) {}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(const std::string& address,
                                                         const ConnectionLimits& limits) {
  absl::StatusOr<ListeningSockets> sockets = ListenAt(address);
  if (!sockets.ok()) return sockets.status();
  std::unique_ptr<Listener> listener(new Listener(*std::move(sockets), limits));
  if (listener->spare_ < 0 || listener->wake_ < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": ", SocketErrorText(EMFILE)));
  }
  return listener;
}

Listener::~Listener() {
  Stop();
  if (spare_ >= 0) close(spare_);
  if (wake_ >= 0) close(wake_);
}

void Listener::Start(std::unique_ptr<Acceptor> acceptor,
                     std::function<Watchdog::Progress()> progress) {
  acceptor_ = std::move(acceptor);
  progress_ = std::move(progress);
  thread_ = std::thread([this] { Run(); });
}

void Listener::Stop() {
  if (thread_.joinable()) {
    eventfd_write(wake_, 1);
    thread_.join();
  }
  for (const int descriptor : std::exchange(sockets_.descriptors, {})) close(descriptor);
  if (!sockets_.file.empty()) unlink(std::exchange(sockets_.file, "").c_str());
}

void Listener::Disconnect() {
  for (const auto& [id, connection] : connections_) rpc::Disconnect(connection.descriptor, id);
}

bool Listener::Took(std::string_view peer) {
  const std::lock_guard lock(mutex_);
  return limiter_.Took(peer);
}

void Listener::Abandoned(std::string_view peer) {
  const std::lock_guard lock(mutex_);
  limiter_.Abandoned(peer);
}

void Listener::Run() {
  std::vector<pollfd> polled;
  for (const int descriptor : sockets_.descriptors) polled.push_back({descriptor, POLLIN, 0});
  polled.push_back({wake_, POLLIN, 0});
  while (true) {
    const async::TimePoint watch = watched_ + kWatchEvery;
    const async::TimePoint look = looked_ + BetweenLooks();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min(watch, look) - Now());
    const int wait = connections_.empty() ? -1 : static_cast<int>(std::max(left, 0ms).count());
    poll(polled.data(), polled.size(), wait);
    if (polled.back().revents != 0) return;
    bool descriptors = true;
    for (const pollfd& listening : polled) {
      if (listening.revents != 0) descriptors = Accept(listening.fd) && descriptors;
    }
    if (Now() >= watch) Watch();
    if (Now() >= look) Look();
    if (!descriptors) poll(&polled.back(), 1, static_cast<int>(kPauseWithoutDescriptors / 1ms));
  }
}

async::Duration Listener::BetweenLooks() {
  const std::lock_guard lock(mutex_);
  return std::max<async::Duration>(limiter_.InHaste() ? kLookInHaste : kLookEvery,
                                   connections_.size() * kLookPerConnection);
}

bool Listener::Accept(int listening) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int descriptor = AcceptFrom(listening);
    if (descriptor >= 0) {
      Take(descriptor);
      continue;
    }
    if (errno == EAGAIN) return true;
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) continue;
    Complain(absl::StrCat("cannot accept connections: ", SocketErrorText(errno)));
    // Whoever waits learns why, instead of waiting for ever.
    if (spare_ >= 0) close(std::exchange(spare_, -1));
    const int accepted = AcceptFrom(listening);
    spare_ = SpareDescriptor();
    if (accepted >= 0 && spare_ >= 0) {
      Take(accepted);  // there are descriptors again
      continue;
    }
    if (accepted >= 0) Refuse(accepted, kFull);
    if (spare_ < 0) spare_ = SpareDescriptor();
    if (spare_ < 0) return false;
    if (accepted < 0) return true;  // accept4 finds no descriptor before it finds that nobody waits
  }
  return true;
}

void Listener::Take(int descriptor) {
  const std::optional<ConnectionLimiter::Id> id = IdOf(descriptor);
  std::optional<ConnectionLimiter::Origin> origin = OriginOf(descriptor);
  if (!id || !origin) {
    close(descriptor);  // it has ended already
    return;
  }
  const std::string peer = origin->peer;
  const ConnectionLimits& limits = limiter_.limits();
  if (connections_.size() >= limits.connections_each && Now() - looked_ >= kLookForRoom) Look();
  ConnectionLimiter::Verdict verdict;
  {
    const std::lock_guard lock(mutex_);
    verdict = limiter_.Admit(Now(), *id, *std::move(origin));
  }
  if (verdict.instead_of) Drop(*verdict.instead_of);
  if (!verdict.admitted) {
    Complain(absl::StrCat("refuses connections, such as that of ", peer, ": there are ",
                          connections_.size(), ", of ", limits.connections, " at most in all and ",
                          limits.connections_each, " from one address"));
    Refuse(descriptor, kFull);
    return;
  }
  connections_[*id] = {descriptor, peer};
  Acceptor::NewConnectionParameters connection;
  connection.fd = descriptor;
  acceptor_->HandleNewConnection(&connection);
}

void Listener::Watch() {
  watched_ = Now();
  const int busy = watchdog_.Look(watched_, progress_());
  if (busy == 0) return;
  Look();
  if (busy < kBusyLooks) return;
  std::optional<ConnectionLimiter::Excess> busiest;
  {
    const std::lock_guard lock(mutex_);
    busiest = limiter_.TakeBusiest();
  }
  if (busiest) Close(*busiest);
}

void Listener::Look() {
  looked_ = Now();
  std::vector<ConnectionLimiter::Excess> excess;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(connections_, [this](const auto& entry) {
      const auto& [id, connection] = entry;
      const bool there = IdOf(connection.descriptor) == id;
      if (there) {
        limiter_.Read(looked_, id, BytesRead(connection.descriptor));
      } else {
        limiter_.Closed(id);
      }
      return !there;
    });
    excess = limiter_.TakeExcess(looked_);
  }
  for (const ConnectionLimiter::Excess& each : excess) Close(each);
}

void Listener::Close(const ConnectionLimiter::Excess& excess) {
  Complain(absl::StrCat("closes connections, such as that of ", excess.peer, ": ", excess.reason));
  Drop(excess.id);
}

void Listener::Drop(ConnectionLimiter::Id id) {
  const auto found = connections_.extract(id);
  if (!found.empty()) rpc::Disconnect(found.mapped().descriptor, id);
}

void Listener::Complain(const std::string& text) {
  if (Now() - complained_ < kComplain) return;
  complained_ = Now();
  spdlog::warn(text);
}

}  // namespace mlp::rpc
