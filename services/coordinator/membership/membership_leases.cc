// The part of Membership about nodes that register: who has a name, and for how long.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/duration_text.h"
#include "services/base/retry_after.h"
#include "services/coordinator/membership/heartbeat_check.h"
#include "services/coordinator/membership/membership.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kMaxReplacedIds = 8;
constexpr auto kFullRetry = std::chrono::seconds(5);

}  // namespace

absl::StatusOr<int> Membership::Heartbeat(TimePoint now, const NodeHeartbeat& heartbeat) {
  if (absl::Status status = CheckHeartbeat(heartbeat); !status.ok()) return status;
  std::optional<int> node = FindFor(heartbeat);
  if (node && IsTaken(*node, heartbeat)) {
    const NodeStatus& holder = nodes_[Index(*node)];
    return absl::FailedPreconditionError(
        absl::StrCat("another process, at ", holder.address, ", has taken the name \"",
                     heartbeat.name, "\" since; give one of them another --name, or stop it"));
  }
  if (heartbeat.leaving) return Leave(now, node, heartbeat);

  const std::string refusal = RefusalOf(heartbeat.protocol, heartbeat.arithmetic);
  const Lease* held =
      node && records_[Index(*node)].lease ? &*records_[Index(*node)].lease : nullptr;
  const bool same = held != nullptr && held->instance_id == heartbeat.instance_id &&
                    nodes_[Index(*node)].name == heartbeat.name;
  // A node that cannot work must not take the place of one that can.
  if (!refusal.empty() && !same && held != nullptr && held->state != LeaseState::kDead) {
    return absl::FailedPreconditionError(refusal);
  }
  if (!node) {
    const absl::StatusOr<int> place = NewNumber(heartbeat.host);
    if (!place.ok()) return place.status();
    node = *place;
  }
  if (!same) {
    Replace(*node, heartbeat);
  } else {
    Move(*node, heartbeat.address);
  }
  nodes_[Index(*node)].shutting_down = heartbeat.draining;
  if (!refusal.empty()) records_[Index(*node)].refused_because = refusal;
  Renew(now, *node);
  if (!refusal.empty()) return absl::FailedPreconditionError(refusal);
  return *node;
}

// Finds the node by its name; or a configured one by its address, or because that process answered
// elsewhere.
std::optional<int> Membership::FindFor(const NodeHeartbeat& heartbeat) const {
  if (const auto found = registered_.find(heartbeat.name); found != registered_.end()) {
    return found->second;
  }
  if (const auto found = configured_.find(heartbeat.address); found != configured_.end()) {
    return found->second;
  }
  for (auto it = instances_.lower_bound({heartbeat.instance_id, 0});
       it != instances_.end() && it->first == heartbeat.instance_id; ++it) {
    if (IsConfigured(it->second)) return it->second;
  }
  return std::nullopt;
}

bool Membership::IsTaken(int node, const NodeHeartbeat& heartbeat) const {
  const std::optional<Lease>& lease = records_[Index(node)].lease;
  if (!lease || lease->state == LeaseState::kDead) return false;
  return std::ranges::find(lease->replaced_ids, heartbeat.instance_id) != lease->replaced_ids.end();
}

absl::StatusOr<int> Membership::Leave(TimePoint now, std::optional<int> node,
                                      const NodeHeartbeat& heartbeat) {
  if (!node || !records_[Index(*node)].lease ||
      records_[Index(*node)].lease->instance_id != heartbeat.instance_id) {
    return NoSuchNode(heartbeat.name);
  }
  EndLease(now, *node, "has left");
  return *node;
}

absl::StatusOr<int> Membership::NewNumber(const std::string& host) {
  if (absl::Status status = strangers_.RoomFor(host); !status.ok()) return status;
  if (!HasRoom() && !MakeRoom()) {
    return WithRetryAfter(
        absl::ResourceExhaustedError(absl::StrCat(
            kMaxNodes, " nodes are registered, which is the limit, and none of them is dead")),
        kFullRetry);
  }
  const int node = TakeNumber();
  strangers_.Add(host);
  records_[Index(node)].stranger_from = host;
  return node;
}

void Membership::Replace(int node, const NodeHeartbeat& heartbeat) {
  NodeStatus& status = nodes_[Index(node)];
  Record& record = records_[Index(node)];
  // A configured node that registers while it answers stays up: it is the same process.
  const bool answers = record.answers && status.instance_id == heartbeat.instance_id;
  Lease lease;
  lease.instance_id = heartbeat.instance_id;
  const bool had_lease = record.lease.has_value();
  if (had_lease) {
    expiries_.erase({ExpiryOf(*record.lease), node});
    lease.replaced_ids = std::move(record.lease->replaced_ids);
    lease.replaced_ids.push_back(record.lease->instance_id);
    if (lease.replaced_ids.size() > kMaxReplacedIds) lease.replaced_ids.pop_front();
    std::erase(lease.replaced_ids, heartbeat.instance_id);
    registered_.erase(status.name);
  }
  registered_.emplace(heartbeat.name, node);
  status.name = heartbeat.name;
  if (!answers) status.address = heartbeat.address;
  SetInstance(node, heartbeat.instance_id, answers);
  status.version = heartbeat.version;
  status.registered = true;
  record.lease = std::move(lease);
  if (answers) return;
  record.answers = false;
  record.silent_because = kBeingConnected;
  record.refused_because.clear();
  Update(node);
  if (had_lease || record.configured > 0)
    Note(NodeChange::What::kGone, node, "another process has taken its place");
}

void Membership::Move(int node, const std::string& address) {
  NodeStatus& status = nodes_[Index(node)];
  // An address that works is kept: a machine may have several.
  if (status.address == address || records_[Index(node)].answers) return;
  status.address = address;
  Note(NodeChange::What::kGone, node, "is at another address now");
}

void Membership::Renew(TimePoint now, int node) {
  Lease& lease = *records_[Index(node)].lease;
  ForgetAt(node, std::nullopt);
  expiries_.erase({ExpiryOf(lease), node});
  lease.renewed = now;
  lease.state = LeaseState::kAlive;
  expiries_.emplace(ExpiryOf(lease), node);
  nodes_[Index(node)].lease_end = now + terms_.Missed(terms_.dead_after);
  Update(node);
}

void Membership::EndLease(TimePoint now, int node, const std::string& because) {
  Record& record = records_[Index(node)];
  expiries_.erase({ExpiryOf(*record.lease), node});
  record.lease->state = LeaseState::kDead;
  record.lease->ended_because = because;
  record.answers = false;
  record.silent_because = kBeingConnected;
  nodes_[Index(node)].lease_end.reset();
  Update(node);
  Note(NodeChange::What::kGone, node, because);
  if (record.configured > 0) return;
  ForgetAt(node, now + (record.stranger_from ? terms_.interval : kForgetAfter));
}

void Membership::DropLease(int node) {
  NodeStatus& status = nodes_[Index(node)];
  Record& record = records_[Index(node)];
  expiries_.erase({ExpiryOf(*record.lease), node});
  registered_.erase(status.name);
  record.lease.reset();
  status.registered = false;
  status.lease_end.reset();
}

void Membership::Expire(TimePoint now) {
  const bool late = !expiries_.empty() && now - expiries_.begin()->first > terms_.interval;
  if (late) BeginLeasesAnew(now);
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const int node = expiries_.begin()->second;
    Lease& lease = *records_[Index(node)].lease;
    if (lease.state == LeaseState::kSuspected) {
      EndLease(now, node,
               absl::StrCat("its lease has ended: no heartbeat for ",
                            RoughDuration(terms_.Missed(terms_.dead_after))));
      continue;
    }
    expiries_.erase(expiries_.begin());
    lease.state = LeaseState::kSuspected;
    expiries_.emplace(ExpiryOf(lease), node);
    Update(node);
  }
  while (!forgets_.empty() && forgets_.begin()->first <= now) {
    const int node = forgets_.begin()->second;
    if (nodes_[Index(node)].active_attempts > 0) {
      ForgetAt(node, now + terms_.interval);  // their end is on its way
    } else {
      Forget(node, "it is dead for long, or was never reached");
    }
  }
}

void Membership::BeginLeasesAnew(TimePoint now) {
  for (const auto& [expiry, node] : std::exchange(expiries_, {})) {
    Lease& lease = *records_[Index(node)].lease;
    lease.renewed = now;
    nodes_[Index(node)].lease_end = now + terms_.Missed(terms_.dead_after);
    expiries_.emplace(ExpiryOf(lease), node);
  }
}

std::optional<Membership::TimePoint> Membership::NextExpiry() const {
  if (expiries_.empty() && forgets_.empty()) return std::nullopt;
  if (expiries_.empty()) return forgets_.begin()->first;
  if (forgets_.empty()) return expiries_.begin()->first;
  return std::min(expiries_.begin()->first, forgets_.begin()->first);
}

Membership::TimePoint Membership::ExpiryOf(const Lease& lease) const {
  const bool alive = lease.state == LeaseState::kAlive;
  return lease.renewed + terms_.Missed(alive ? terms_.suspect_after : terms_.dead_after);
}

}  // namespace mlp::coordinator
