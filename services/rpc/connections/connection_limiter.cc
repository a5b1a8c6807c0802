#include "services/rpc/connections/connection_limiter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::rpc {
namespace {

// Pings and the frames that acknowledge data belong to no call: this rate is free.
constexpr std::uint64_t kFreeBytesPerSecond = 1024;
// Calls whose deadline passes while the server is busy look abandoned: so are some of every client.
constexpr double kFreeCallsPerSecond = 10;
// Calls that are reset at once come at some 4 MB in a second of the thread's time; the bytes of a
// message cost little beside copying them.
constexpr double kDataBytesPerSecond = 32 << 20;
// Descriptors for the program's files, pipes and its own services.
constexpr std::uint64_t kOwnDescriptors = 64;
constexpr std::uint64_t kFewestConnections = 8;
constexpr std::uint64_t kMostConnections = 20'000;

std::string Mebibytes(std::uint64_t bytes) { return absl::StrCat(bytes >> 20, " MiB"); }

}  // namespace

ConnectionLimits LimitsFor(std::uint64_t descriptors) {
  const std::uint64_t free = descriptors > kOwnDescriptors ? descriptors - kOwnDescriptors : 0;
  ConnectionLimits limits;
  limits.connections = std::clamp(free / 2, kFewestConnections, kMostConnections);
  limits.connections_each = limits.connections / 2;
  return limits;
}

ConnectionLimiter::Verdict ConnectionLimiter::Admit(async::TimePoint now, Id id, Origin origin) {
  const bool local = origin.peer.empty();
  const auto from = from_.find(origin.address);
  const std::size_t share = from == from_.end() ? 0 : from->second;
  Verdict verdict;
  if (!local && share >= limits_.connections_each) {
    verdict.instead_of = OldestNew(&origin.address);
    if (!verdict.instead_of) return verdict;
  } else if (connections_.size() >= limits_.connections) {
    verdict.instead_of = OldestNew(nullptr);
    if (!verdict.instead_of) return verdict;
  }
  if (verdict.instead_of) Remove(*verdict.instead_of, "");
  verdict.admitted = true;
  Connection& connection = connections_[id];
  connection.since = connection.noted = now;
  ++from_[origin.address];
  if (!local) {
    by_peer_[origin.peer] = id;
    connection.new_at = new_.insert(new_.end(), id);
  }
  connection.origin = std::move(origin);
  return verdict;
}

bool ConnectionLimiter::Took(std::string_view peer) {
  const auto found = by_peer_.find(std::string(peer));
  if (found == by_peer_.end()) return std::ranges::find(expelled_, peer) == expelled_.end();
  Connection& connection = connections_.at(found->second);
  connection.took = true;
  if (connection.new_at) new_.erase(*std::exchange(connection.new_at, std::nullopt));
  return true;
}

void ConnectionLimiter::Abandoned(std::string_view peer) {
  const auto found = by_peer_.find(std::string(peer));
  if (found != by_peer_.end()) ++connections_.at(found->second).abandoned;
}

void ConnectionLimiter::Read(async::TimePoint now, Id id, std::uint64_t bytes) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second.origin.peer.empty()) return;
  Connection& connection = found->second;
  const std::uint64_t read = std::max(connection.read, bytes);
  connection.read_lately = read - std::exchange(connection.read, read);
  const double passed =
      std::max(std::chrono::duration<double>(now - connection.noted).count(), 0.0);
  if (std::exchange(connection.took, false)) {
    connection.taken = connection.read;
  } else {
    const auto free = static_cast<std::uint64_t>(passed * kFreeBytesPerSecond);
    connection.taken = std::min(connection.read, connection.taken + free);
  }
  connection.abandoned = std::max(connection.abandoned - passed * kFreeCallsPerSecond, 0.0);
  connection.lately = passed;
  connection.noted = now;
}

void ConnectionLimiter::Closed(Id id) {
  if (connections_.contains(id)) Remove(id, "");
}

std::vector<ConnectionLimiter::Excess> ConnectionLimiter::TakeExcess(async::TimePoint now) {
  std::vector<Excess> excess;
  while (!new_.empty() && now - connections_.at(new_.front()).since >= limits_.first_call) {
    excess.push_back(Expel(new_.front(), "it made no call in time"));
  }
  std::vector<Id> abandoning;
  std::vector<std::pair<std::uint64_t, Id>> untaken;
  std::uint64_t all = 0;
  for (const auto& [id, connection] : connections_) {
    if (connection.abandoned > limits_.abandoned_calls) {
      abandoning.push_back(id);
    } else if (const std::uint64_t bytes = Untaken(connection); bytes > 0) {
      untaken.emplace_back(bytes, id);
      all += bytes;
    }
  }
  std::ranges::sort(untaken, std::greater<>());
  for (const auto& [bytes, id] : untaken) {
    const bool is_new = connections_.at(id).new_at.has_value();
    const std::uint64_t most = is_new ? limits_.untaken_bytes_new : limits_.untaken_bytes_each;
    if (bytes <= most && all <= limits_.untaken_bytes) continue;
    excess.push_back(Expel(id, absl::StrCat("no call took ", Mebibytes(bytes), " that it sent")));
    all -= bytes;
  }
  untaken_ = all;
  for (const Id id : abandoning) {
    excess.push_back(Expel(id, "it abandoned too many calls before their requests came"));
  }
  return excess;
}

std::optional<ConnectionLimiter::Excess> ConnectionLimiter::TakeBusiest() {
  const auto busiest = std::ranges::max_element(
      connections_, {}, [](const auto& entry) { return entry.second.read_lately; });
  if (busiest == connections_.end()) return std::nullopt;
  const Connection& connection = busiest->second;
  const auto read = static_cast<double>(connection.read_lately);
  if (read == 0 || read >= connection.lately * kDataBytesPerSecond) return std::nullopt;
  return Expel(busiest->first, "reading what it sent kept the server from everybody else");
}

std::optional<ConnectionLimiter::Id> ConnectionLimiter::OldestNew(
    const std::string* address) const {
  const auto found = std::ranges::find_if(new_, [&](Id id) {
    return address == nullptr || connections_.at(id).origin.address == *address;
  });
  return found == new_.end() ? std::nullopt : std::optional(*found);
}

ConnectionLimiter::Excess ConnectionLimiter::Expel(Id id, std::string reason) {
  Excess excess = Remove(id, std::move(reason));
  expelled_.push_back(excess.peer);
  if (expelled_.size() > kMostExpelled) expelled_.pop_front();
  return excess;
}

ConnectionLimiter::Excess ConnectionLimiter::Remove(Id id, std::string reason) {
  auto node = connections_.extract(id);
  Connection& connection = node.mapped();
  if (connection.new_at) new_.erase(*connection.new_at);
  by_peer_.erase(connection.origin.peer);
  const auto from = from_.find(connection.origin.address);
  if (--from->second == 0) from_.erase(from);
  return {id, std::move(connection.origin.peer), std::move(reason)};
}

}  // namespace mlp::rpc
