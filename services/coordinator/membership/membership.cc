#include "services/coordinator/membership/membership.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {

// ---- Nodes at known addresses

int Membership::Add(const std::string& address) {
  if (const auto known = configured_.find(address); known != configured_.end()) {
    ++records_[Index(known->second)].configured;
    return known->second;
  }
  // The node may have registered first.
  const auto registered = std::ranges::find_if(registered_, [&](const auto& entry) {
    return nodes_[Index(entry.second)].address == address;
  });
  int node = 0;
  if (registered != registered_.end()) {
    node = registered->second;
    NoStranger(node);
    ForgetAt(node, std::nullopt);
  } else {
    node = TakeNumber();
    nodes_[Index(node)].name = address;
    nodes_[Index(node)].address = address;
  }
  records_[Index(node)].configured = 1;
  configured_.emplace(address, node);
  return node;
}

bool Membership::Drop(TimePoint now, const std::string& address) {
  const auto found = configured_.find(address);
  if (found == configured_.end()) return true;
  const int node = found->second;
  Record& record = records_[Index(node)];
  const bool last = record.configured == 1;
  if (last && (Answers(node) || nodes_[Index(node)].active_attempts > 0)) return false;
  --record.configured;
  if (!last) return true;
  configured_.erase(found);
  if (!record.lease) {
    Forget(node, "its address is not configured any more");
  } else if (record.lease->state == LeaseState::kDead) {
    Note(NodeChange::What::kGone, node, "its address is not configured any more");
    ForgetAt(node, now + kForgetAfter);
  }
  return true;
}

bool Membership::NoteUnresolved(const std::string& name, std::string reason) {
  if (const auto known = unresolved_.find(name); known != unresolved_.end()) {
    Lost(known->second, std::move(reason));
    return false;
  }
  if (!HasRoom()) return false;
  const int node = TakeNumber();
  unresolved_.emplace(name, node);
  nodes_[Index(node)].name = name;
  nodes_[Index(node)].address = name;
  records_[Index(node)].configured = 1;
  Lost(node, std::move(reason));
  return true;
}

bool Membership::NoteResolved(const std::string& name) {
  const auto known = unresolved_.find(name);
  if (known == unresolved_.end()) return false;
  Forget(known->second, "its name resolves");
  unresolved_.erase(known);
  return true;
}

std::optional<int> Membership::FindConfigured(const std::string& address) const {
  const auto found = configured_.find(address);
  if (found == configured_.end()) return std::nullopt;
  return found->second;
}

NodeState Membership::Answered(int node, NodeIdentity identity) {
  NodeStatus& status = nodes_[Index(node)];
  Record& record = records_[Index(node)];
  if (status.vacant) return status.state;
  if (record.lease && record.lease->instance_id != identity.instance_id) {
    if (record.configured == 0) {
      Lost(node, absl::StrCat("another process, ", identity.name, ", answers at ", status.address));
      return status.state;
    }
    DropLease(node);
  }
  // A node whose lease ended must renew it first, and is asked again then.
  if (record.lease && record.lease->state == LeaseState::kDead) return status.state;
  if (!record.lease) status.name = identity.name;
  SetInstance(node, identity.instance_id, /*answered=*/true);
  status.identified = true;
  NoStranger(node);
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
  if (nodes_[Index(node)].vacant) return;
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
  for (auto it = instances_.lower_bound({instance_id, 0});
       it != instances_.end() && it->first == instance_id; ++it) {
    const NodeStatus& other = nodes_[Index(it->second)];
    if (it->second == node) continue;
    if (other.state == NodeState::kDown || other.state == NodeState::kRefused) continue;
    return absl::StrCat("is the same process as the node at ", other.address);
  }
  return "";
}

void Membership::SetInstance(int node, const std::string& instance_id, bool answered) {
  std::string& present = nodes_[Index(node)].instance_id;
  if (present != instance_id) instances_.erase({present, node});
  present = instance_id;
  if (answered) instances_.emplace(instance_id, node);
}

// ---- Numbers

bool Membership::MakeRoom() {
  for (const auto& [when, node] : forgets_) {
    if (nodes_[Index(node)].active_attempts > 0) continue;
    Forget(node, "is dead, and others need its place");
    return true;
  }
  return false;
}

int Membership::TakeNumber() {
  if (vacant_.empty()) {
    nodes_.emplace_back();
    records_.emplace_back();
    return static_cast<int>(nodes_.size()) - 1;
  }
  const int node = *vacant_.begin();
  vacant_.erase(vacant_.begin());
  nodes_[Index(node)].vacant = false;
  return node;
}

void Membership::Forget(int node, const std::string& because) {
  const Record& record = records_[Index(node)];
  if (nodes_[Index(node)].state == NodeState::kUp) Note(NodeChange::What::kLeft, node, because);
  Note(NodeChange::What::kForgotten, node, because);
  if (record.lease) DropLease(node);
  ForgetAt(node, std::nullopt);
  NoStranger(node);
  SetInstance(node, "", /*answered=*/false);
  nodes_[Index(node)] = NodeStatus();
  nodes_[Index(node)].vacant = true;
  records_[Index(node)] = Record();
  vacant_.insert(node);
}

void Membership::ForgetAt(int node, std::optional<TimePoint> when) {
  std::optional<TimePoint>& present = records_[Index(node)].forget_at;
  if (present) forgets_.erase({*present, node});
  present = when;
  if (present) forgets_.emplace(*present, node);
}

void Membership::NoStranger(int node) {
  std::optional<std::string>& from = records_[Index(node)].stranger_from;
  if (from) strangers_.Remove(*from);
  from.reset();
}

// ---- Nodes out of service

absl::Status Membership::NoSuchNode(const std::string& name) {
  return absl::NotFoundError(
      absl::StrCat("no node \"", name, "\" is known; `mlp-client nodes` lists them"));
}

std::vector<int> Membership::NumbersOf(const std::string& name) const {
  std::vector<int> numbers;
  for (int node = 0; node < static_cast<int>(nodes_.size()); ++node) {
    const NodeStatus& status = nodes_[Index(node)];
    if (!status.vacant && status.name == name) numbers.push_back(node);
  }
  return numbers;
}

absl::StatusOr<int> Membership::Drain(const std::string& name) {
  const std::vector<int> numbers = NumbersOf(name);
  if (numbers.empty()) return NoSuchNode(name);
  if (!drained_.contains(name) && drained_.size() >= kMaxNodes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kMaxNodes, " names are drained, which is the limit; undrain some"));
  }
  drained_.insert(name);
  for (const int node : numbers) Update(node);
  return numbers.front();
}

absl::StatusOr<std::optional<int>> Membership::Undrain(const std::string& name) {
  const bool was_drained = drained_.erase(name) > 0;
  const std::vector<int> numbers = NumbersOf(name);
  for (const int node : numbers) Update(node);
  if (!numbers.empty()) return numbers.front();
  if (!was_drained) return NoSuchNode(name);
  return std::nullopt;
}

absl::Status Membership::Remove(const std::string& name) {
  const std::vector<int> numbers = NumbersOf(name);
  if (numbers.empty()) return NoSuchNode(name);
  for (const int node : numbers) {
    const std::optional<Lease>& lease = records_[Index(node)].lease;
    if (IsConfigured(node)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "node \"", name, "\" is one of the coordinator's --nodes; start it without that one"));
    }
    if ((lease && lease->state != LeaseState::kDead) || nodes_[Index(node)].active_attempts > 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("node \"", name,
                       "\" has a lease, and would register again: stop it first; "
                       "`mlp-client drain ",
                       name, "` gives it nothing new"));
    }
  }
  for (const int node : numbers) Forget(node, "the operator removed it");
  return absl::OkStatus();
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
  Note(what, node, status.detail);
}

std::pair<NodeState, std::string> Membership::StateOf(int node) const {
  const NodeStatus& status = nodes_[Index(node)];
  const Record& record = records_[Index(node)];
  const auto& lease = record.lease;
  if (lease && lease->state == LeaseState::kDead) return {NodeState::kDown, lease->ended_because};
  if (!record.refused_because.empty()) return {NodeState::kRefused, record.refused_because};
  if (!record.answers) return {NodeState::kDown, SilenceOf(node)};
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

// A stranger may have given any address to learn what is there.
std::string Membership::SilenceOf(int node) const {
  const Record& record = records_[Index(node)];
  if (!record.stranger_from || record.silent_because == kBeingConnected) {
    return record.silent_because;
  }
  return absl::StrCat("was not reached at ", nodes_[Index(node)].address,
                      " so far; the coordinator's log says why");
}

void Membership::Note(NodeChange::What what, int node, const std::string& reason) {
  const NodeStatus& status = nodes_[Index(node)];
  const bool notable = status.registered && !records_[Index(node)].stranger_from;
  changes_.push_back({what, node, status.name, reason, notable});
}

}  // namespace mlp::coordinator
