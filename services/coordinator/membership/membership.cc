#include "services/coordinator/membership/membership.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/duration_text.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kMaxReplacedIds = 8;
constexpr std::size_t kMaxDescribed = 8;
constexpr auto kFullRetry = std::chrono::seconds(5);

// Checks the length. Refuses control characters, because lists and logs show the text, on terminals
// too.
absl::Status CheckText(const char* field, const std::string& text, std::size_t least,
                       std::size_t most) {
  if (text.size() < least || text.size() > most) {
    return FieldError(
        field, absl::StrCat("must have ", least, " to ", most, " characters, has ", text.size()));
  }
  const auto is_control = [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); };
  if (std::ranges::any_of(text, is_control)) {
    return FieldError(field, "must not have control characters");
  }
  return absl::OkStatus();
}

absl::Status CheckHeartbeat(const NodeHeartbeat& heartbeat) {
  absl::Status status = CheckText("name", heartbeat.name, 1, 255);
  status.Update(CheckText("instance_id", heartbeat.instance_id, 1, 64));
  status.Update(CheckText("address", heartbeat.address, 1, 300));
  status.Update(CheckText("version", heartbeat.version, 0, 64));
  status.Update(CheckText("arithmetic", heartbeat.arithmetic, 0, 255));
  return status;
}

absl::Status NoSuchNode(const std::string& name) {
  return absl::NotFoundError(
      absl::StrCat("no node \"", name, "\" is known; `mlp-client nodes` lists them"));
}

}  // namespace

absl::Status CheckLeaseTerms(const LeaseTerms& terms) {
  if (terms.interval < std::chrono::milliseconds(10) || terms.interval > std::chrono::hours(1)) {
    return absl::InvalidArgumentError("the heartbeat interval must be 10ms to 1h");
  }
  if (terms.suspect_after < 1 || terms.dead_after <= terms.suspect_after ||
      terms.dead_after > 1000) {
    return absl::InvalidArgumentError(
        absl::StrCat("a node is suspected after 1 or more missed heartbeats and dead after more "
                     "than that, at most 1000; not ",
                     terms.suspect_after, " and ", terms.dead_after));
  }
  return absl::OkStatus();
}

// ---- Nodes at known addresses

int Membership::Add(const std::string& address) {
  if (const auto known = configured_.find(address); known != configured_.end()) {
    return known->second;
  }
  // The node may have registered first.
  const auto registered = std::ranges::find_if(registered_, [&](const auto& entry) {
    return nodes_[Index(entry.second)].address == address;
  });
  int node = static_cast<int>(nodes_.size());
  if (registered != registered_.end()) {
    node = registered->second;
  } else {
    nodes_.emplace_back();
    nodes_.back().name = address;
    nodes_.back().address = address;
    records_.emplace_back();
  }
  records_[Index(node)].configured = true;
  configured_.emplace(address, node);
  return node;
}

NodeState Membership::Answered(int node, NodeIdentity identity) {
  NodeStatus& status = nodes_[Index(node)];
  Record& record = records_[Index(node)];
  if (record.lease && record.lease->instance_id != identity.instance_id) {
    if (!record.configured) {
      Lost(node, absl::StrCat("another process, ", identity.name, ", answers at ", status.address));
      return status.state;
    }
    DropLease(node);
  }
  // A node whose lease ended must renew it first, and is asked again then.
  if (record.lease && record.lease->state == LeaseState::kDead) return status.state;
  if (!record.lease) status.name = identity.name;
  status.instance_id = identity.instance_id;
  status.version = identity.version;
  status.load = identity.load;
  status.slots = identity.slots;
  status.cached_results = std::move(identity.cached_results);
  status.shutting_down = identity.draining;
  record.answers = true;
  record.refused_because = RefusalOf(identity.protocol, identity.arithmetic);
  if (record.refused_because.empty()) record.refused_because = TwinOf(node, identity.instance_id);
  Update(node);
  return status.state;
}

void Membership::Lost(int node, std::string reason) {
  Record& record = records_[Index(node)];
  record.answers = false;
  record.silent_because = std::move(reason);
  record.refused_because.clear();
  Update(node);
}

void Membership::ShutsDown(int node) {
  nodes_[Index(node)].shutting_down = true;
  Update(node);
}

std::string Membership::RefusalOf(std::uint32_t protocol, const std::string& arithmetic) const {
  if (protocol != kProtocolVersion) {
    return absl::StrCat("speaks version ", protocol, " of the protocol, this coordinator version ",
                        kProtocolVersion, ": run the same release on both");
  }
  if (arithmetic != arithmetic_) {
    return absl::StrCat("its arithmetic is ", arithmetic, ", this cluster's is ", arithmetic_,
                        ": equal results could not be promised; run the same build on the same "
                        "instruction set");
  }
  return "";
}

std::string Membership::TwinOf(int node, const std::string& instance_id) const {
  for (std::size_t other = 0; other < nodes_.size(); ++other) {
    const NodeState state = nodes_[other].state;
    if (other == Index(node) || nodes_[other].instance_id != instance_id) continue;
    if (state == NodeState::kDown || state == NodeState::kRefused) continue;
    return absl::StrCat("is the same process as the node at ", nodes_[other].address);
  }
  return "";
}

// ---- Nodes that register

absl::StatusOr<int> Membership::Heartbeat(TimePoint now, const NodeHeartbeat& heartbeat) {
  if (absl::Status status = CheckHeartbeat(heartbeat); !status.ok()) return status;
  std::optional<int> node = FindFor(heartbeat);
  if (node && IsTaken(*node, heartbeat)) {
    const NodeStatus& holder = nodes_[Index(*node)];
    return absl::FailedPreconditionError(
        absl::StrCat("another process, at ", holder.address, ", has taken the name \"",
                     heartbeat.name, "\" since; give one of them another --name, or stop it"));
  }
  if (heartbeat.leaving) return Leave(node, heartbeat);

  const std::string refusal = RefusalOf(heartbeat.protocol, heartbeat.arithmetic);
  const Lease* held =
      node && records_[Index(*node)].lease ? &*records_[Index(*node)].lease : nullptr;
  const bool same = held != nullptr && held->instance_id == heartbeat.instance_id &&
                    nodes_[Index(*node)].name == heartbeat.name;
  // A node that cannot work must not take the place of one that can.
  if (!refusal.empty() && !same && held != nullptr && held->state != LeaseState::kDead) {
    return absl::FailedPreconditionError(refusal);
  }
  if (!node) node = NewNumber();
  if (!node) {
    return WithRetryAfter(
        absl::ResourceExhaustedError(absl::StrCat(
            kMaxNodes, " nodes are registered, which is the limit, and none of them is dead")),
        kFullRetry);
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
  for (const auto& [address, node] : configured_) {
    if (nodes_[Index(node)].instance_id == heartbeat.instance_id) return node;
  }
  return std::nullopt;
}

bool Membership::IsTaken(int node, const NodeHeartbeat& heartbeat) const {
  const std::optional<Lease>& lease = records_[Index(node)].lease;
  if (!lease || lease->state == LeaseState::kDead) return false;
  return std::ranges::find(lease->replaced_ids, heartbeat.instance_id) != lease->replaced_ids.end();
}

absl::StatusOr<int> Membership::Leave(std::optional<int> node, const NodeHeartbeat& heartbeat) {
  if (!node || !records_[Index(*node)].lease ||
      records_[Index(*node)].lease->instance_id != heartbeat.instance_id) {
    return NoSuchNode(heartbeat.name);
  }
  EndLease(*node, "has left");
  return *node;
}

std::optional<int> Membership::NewNumber() {
  if (HasRoom()) {
    nodes_.emplace_back();
    records_.emplace_back();
    return static_cast<int>(nodes_.size()) - 1;
  }
  std::optional<int> oldest;
  for (const auto& [name, node] : registered_) {
    const Record& record = records_[Index(node)];
    if (record.configured || record.lease->state != LeaseState::kDead) continue;
    if (nodes_[Index(node)].active_attempts > 0) continue;
    if (!oldest || record.lease->renewed < records_[Index(*oldest)].lease->renewed) oldest = node;
  }
  if (!oldest) return std::nullopt;
  registered_.erase(nodes_[Index(*oldest)].name);
  nodes_[Index(*oldest)] = NodeStatus();
  records_[Index(*oldest)] = Record();
  return oldest;
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
  status.instance_id = heartbeat.instance_id;
  status.version = heartbeat.version;
  status.registered = true;
  record.lease = std::move(lease);
  if (answers) return;
  record.answers = false;
  record.silent_because = "is being connected to";
  record.refused_because.clear();
  Update(node);
  if (had_lease || record.configured) Gone(node, "another process has taken its place");
}

void Membership::Move(int node, const std::string& address) {
  NodeStatus& status = nodes_[Index(node)];
  // An address that works is kept: a machine may have several.
  if (status.address == address || records_[Index(node)].answers) return;
  status.address = address;
  Gone(node, "is at another address now");
}

void Membership::Renew(TimePoint now, int node) {
  Lease& lease = *records_[Index(node)].lease;
  expiries_.erase({ExpiryOf(lease), node});
  lease.renewed = now;
  lease.state = LeaseState::kAlive;
  expiries_.emplace(ExpiryOf(lease), node);
  nodes_[Index(node)].lease_end = now + terms_.Missed(terms_.dead_after);
  Update(node);
}

void Membership::EndLease(int node, const std::string& because) {
  Record& record = records_[Index(node)];
  expiries_.erase({ExpiryOf(*record.lease), node});
  record.lease->state = LeaseState::kDead;
  record.lease->ended_because = because;
  record.answers = false;
  record.silent_because = "is being connected to";
  nodes_[Index(node)].lease_end.reset();
  Update(node);
  Gone(node, because);
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
  const std::optional<TimePoint> first = NextExpiry();
  if (first && now - *first > terms_.interval) BeginLeasesAnew(now);
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const int node = expiries_.begin()->second;
    Lease& lease = *records_[Index(node)].lease;
    if (lease.state == LeaseState::kSuspected) {
      EndLease(node, absl::StrCat("its lease has ended: no heartbeat for ",
                                  RoughDuration(terms_.Missed(terms_.dead_after))));
      continue;
    }
    expiries_.erase(expiries_.begin());
    lease.state = LeaseState::kSuspected;
    expiries_.emplace(ExpiryOf(lease), node);
    Update(node);
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
  if (expiries_.empty()) return std::nullopt;
  return expiries_.begin()->first;
}

Membership::TimePoint Membership::ExpiryOf(const Lease& lease) const {
  const bool alive = lease.state == LeaseState::kAlive;
  return lease.renewed + terms_.Missed(alive ? terms_.suspect_after : terms_.dead_after);
}

// ---- Nodes out of service

absl::StatusOr<int> Membership::Drain(const std::string& name) {
  const auto found = std::ranges::find(nodes_, name, &NodeStatus::name);
  if (found == nodes_.end()) return NoSuchNode(name);
  if (!drained_.contains(name) && drained_.size() >= kMaxNodes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kMaxNodes, " names are drained, which is the limit; undrain some"));
  }
  drained_.insert(name);
  for (int node = 0; node < static_cast<int>(nodes_.size()); ++node) {
    if (nodes_[Index(node)].name == name) Update(node);
  }
  return static_cast<int>(found - nodes_.begin());
}

absl::StatusOr<std::optional<int>> Membership::Undrain(const std::string& name) {
  const bool was_drained = drained_.erase(name) > 0;
  std::optional<int> first;
  for (int node = 0; node < static_cast<int>(nodes_.size()); ++node) {
    if (nodes_[Index(node)].name != name) continue;
    Update(node);
    if (!first) first = node;
  }
  if (!first && !was_drained) return NoSuchNode(name);
  return first;
}

void Membership::RestoreDrained(const std::vector<std::string>& names) {
  drained_.insert(names.begin(), names.end());
}

// ---- Attempts

void Membership::AttemptEnded(TimePoint now, int node, AttemptEnd end, std::string error) {
  NodeStatus& status = nodes_[Index(node)];
  --status.active_attempts;
  status.finished_attempts += end == AttemptEnd::kFinished;
  status.rejected_attempts += end == AttemptEnd::kRejected;
  status.failed_attempts += end == AttemptEnd::kFailed;
  if (end == AttemptEnd::kFinished) status.finished_rate.Count(now);
  if (end != AttemptEnd::kFailed) return;
  status.last_error = std::move(error);
  status.last_error_time = now;
}

// ---- State

void Membership::Update(int node) {
  NodeStatus& status = nodes_[Index(node)];
  const bool was_up = status.state == NodeState::kUp;
  status.drained = drained_.contains(status.name);
  std::tie(status.state, status.detail) = StateOf(node);
  const bool is_up = status.state == NodeState::kUp;
  if (is_up == was_up) return;
  const auto what = is_up ? NodeChange::What::kJoined : NodeChange::What::kLeft;
  changes_.push_back({what, node, status.name, status.detail});
}

std::pair<NodeState, std::string> Membership::StateOf(int node) const {
  const NodeStatus& status = nodes_[Index(node)];
  const Record& record = records_[Index(node)];
  const auto& lease = record.lease;
  if (lease && lease->state == LeaseState::kDead) return {NodeState::kDown, lease->ended_because};
  if (!record.refused_because.empty()) return {NodeState::kRefused, record.refused_because};
  if (!record.answers) return {NodeState::kDown, record.silent_because};
  if (status.drained) {
    return {NodeState::kDraining, absl::StrCat("drained by the operator; mlp-client undrain ",
                                               status.name, " gives it work again")};
  }
  if (status.shutting_down) return {NodeState::kDraining, "is shutting down"};
  if (lease && lease->state == LeaseState::kSuspected) {
    return {NodeState::kSuspected, absl::StrCat("missed ", terms_.suspect_after, " heartbeats")};
  }
  return {NodeState::kUp, ""};
}

void Membership::Gone(int node, const std::string& reason) {
  changes_.push_back({NodeChange::What::kGone, node, nodes_[Index(node)].name, reason});
}

std::string DescribeDownNodes(const std::vector<NodeStatus>& nodes) {
  if (nodes.empty()) {
    return "no node is configured or has registered (--nodes, mlp-node --coordinator)";
  }
  const std::size_t described = std::min(nodes.size(), kMaxDescribed);
  std::string text = absl::StrJoin(
      nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(described), "; ",
      [](std::string* out, const NodeStatus& node) {
        absl::StrAppend(out, node.name,
                        node.name == node.address ? "" : absl::StrCat(" (", node.address, ")"),
                        ": ", node.detail);
      });
  if (described < nodes.size()) {
    absl::StrAppend(&text, "; and ", nodes.size() - described, " more (mlp-client nodes)");
  }
  return text;
}

}  // namespace mlp::coordinator
