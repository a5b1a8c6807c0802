#include "services/coordinator/nodes/grpc_cluster.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/kernels/kernels.h"
#include "services/async/either_stop.h"
#include "services/async/wait.h"
#include "services/coordinator/nodes/attempt_reader.h"
#include "services/coordinator/nodes/piece_writer.h"
#include "services/rpc/channel.h"
#include "services/rpc/client_call.h"
#include "services/wire/parameter_pieces.h"
#include "services/wire/time_proto.h"
#include "services/wire/train_shard_proto.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;

constexpr auto kGreetTimeout = 2s;
constexpr auto kGreetAgain = 200ms;
// A refused node may have been replaced by one that fits.
constexpr auto kGreetRefusedAgain = 2s;
constexpr auto kResolveAgain = 2s;
// A stranger is tried half as often each time, up to this pause.
constexpr auto kGreetStrangerAgain = 5s;
// A stranger that was not reached keeps its turn that long: to dial costs a millisecond, which many
// who register and are nowhere must not take from everybody.
constexpr auto kUnreachedTurn = 200ms;
constexpr auto kBetweenLines = 1s;

constexpr int kTriesWithParameters = 5;

// A window that is enough for 125 MB/s over 0.5 ms. A larger one makes the coordinator's memory
// grow with the gradients of a large model that wait for their turn.
constexpr int kUnreadBytes = 64 * 1024;

Membership::AttemptEnd EndOf(const absl::StatusOr<AttemptOutcome>& outcome) {
  if (absl::IsCancelled(outcome.status())) return Membership::AttemptEnd::kCancelled;
  if (!outcome.ok()) return Membership::AttemptEnd::kFailed;
  return std::holds_alternative<RejectReason>(*outcome) ? Membership::AttemptEnd::kRejected
                                                        : Membership::AttemptEnd::kFinished;
}

bool IsRejected(const absl::StatusOr<AttemptOutcome>& outcome, RejectReason reason) {
  return outcome.ok() && *outcome == AttemptOutcome(reason);
}

// Leaves out large parameters, which went ahead. If the node has lost them by now, it says so.
v1::TrainShardRequest RequestFor(const TrainTask& task, const KnownParameters& known) {
  const bool has_them =
      known.Has(task.parameters.sha256) || !wire::TravelWhole(*task.parameters.values);
  return wire::ToProto(task,
                       has_them ? wire::SendParameters::kBefore : wire::SendParameters::kWithTask);
}

NodeIdentity IdentityFrom(const v1::GetNodeResponse& reply) {
  NodeIdentity identity;
  identity.name = reply.name();
  identity.instance_id = reply.instance_id();
  identity.arithmetic = reply.arithmetic();
  identity.load.probability = reply.load_probability();
  identity.load.delay = wire::FromProto(reply.load_delay(), "load_delay").value_or(0ns);
  identity.load.seed = reply.load_seed();
  identity.slots = reply.slots();
  identity.version = reply.version();
  identity.protocol = reply.protocol();
  identity.draining = reply.draining();
  for (const v1::KeptResult& kept : reply.kept_results()) {
    identity.cached_results.push_back({kept.job_id(), kept.round(), kept.shard()});
  }
  return identity;
}

}  // namespace

GrpcCluster::GrpcCluster(rpc::Loop& loop, async::Workers& resolver, LeaseTerms terms)
    : loop_(loop),
      resolver_(resolver),
      membership_(std::string(ArithmeticId()), terms),
      dial_turns_(loop),
      gradient_turns_(loop) {}

async::Task<> GrpcCluster::Run(std::vector<Address> configured, std::stop_token stop) {
  stop_ = stop;
  running_ = true;
  for (Address& host : configured) watches_.Spawn(WatchHost(std::move(host), stop));
  watches_.Spawn(WatchLeases(stop));
  co_await watches_.Join();
}

async::Task<> GrpcCluster::WatchHost(Address host, std::stop_token stop) {
  HostAddresses addresses;
  while (!stop.stop_requested()) {
    auto resolve = [&host] { return Resolve(host); };
    const absl::StatusOr<std::vector<std::string>> found =
        co_await async::Offload(resolver_, std::move(resolve));
    if (stop.stop_requested()) co_return;
    NoteLookUp(host, found.status());
    if (found.ok()) Configure(addresses, *found);
    CarryOutChanges();
    co_await async::SleepFor(loop_, kResolveAgain, stop);
  }
}

void GrpcCluster::NoteLookUp(const Address& host, const absl::Status& status) {
  const std::string name = ToString(host);
  if (status.ok()) {
    if (membership_.NoteResolved(name)) spdlog::info("node {} resolves now", name);
    return;
  }
  const std::string why(status.message());
  if (membership_.NoteUnresolved(name, why)) {
    spdlog::warn("node {} is down: {}; trying again until it resolves", name, why);
  }
  links_.resize(nodes().size());
}

void GrpcCluster::Configure(HostAddresses& addresses, const std::vector<std::string>& found) {
  const auto answers = [this](const std::string& address) {
    const std::optional<int> node = membership_.FindConfigured(address);
    return node && membership_.Answers(*node);
  };
  const async::TimePoint now = loop_.Now();
  for (const std::string& address : addresses.Found(now, found, answers)) {
    if (!membership_.HasRoom()) {
      addresses.Dropped(address);
      continue;
    }
    const int node = membership_.Add(address);
    links_.resize(nodes().size());
    if (links_[static_cast<std::size_t>(node)] == nullptr) Connect(node);
  }
  for (const std::string& address : addresses.ToDrop(now)) {
    if (membership_.Drop(now, address)) addresses.Dropped(address);
  }
}

async::Task<> GrpcCluster::WatchLeases(std::stop_token stop) {
  while (!stop.stop_requested()) {
    // A lease that begins meanwhile lasts longer than an interval.
    const async::TimePoint look_again = loop_.Now() + lease_terms().interval;
    const async::TimePoint next =
        std::min(membership_.NextExpiry().value_or(look_again), look_again);
    co_await async::SleepUntil(loop_, next, stop);
    membership_.Expire(loop_.Now());
    CarryOutChanges();
  }
}

async::Task<> GrpcCluster::WatchLink(int node, LinkPtr link, std::stop_token stop) {
  const async::EitherStop end(stop, link->gone.get_token());
  async::Duration again = kGreetAgain;
  while (!end.token().stop_requested()) {
    NodeState state = NodeState::kDown;
    if (const std::optional<std::string> host = membership_.StrangerFrom(node)) {
      state = co_await IdentifyStranger(node, link, *host, end.token());
      again = std::min<async::Duration>(2 * again, kGreetStrangerAgain);
    } else {
      if (link->channel == nullptr) Open(*link);  // it was a stranger, and is configured now
      state = co_await Identify(node, link, end.token());
      again = kGreetAgain;
    }
    if (state == NodeState::kDown || state == NodeState::kRefused) {
      const async::Duration pause = state == NodeState::kRefused ? kGreetRefusedAgain : again;
      co_await async::SleepFor(loop_, pause, end.token());
      continue;
    }
    co_await rpc::WaitUntilNotReady(loop_, *link->channel, end.token());
    if (!IsCurrent(node, link) || end.token().stop_requested()) break;
    membership_.Lost(node, "the connection was lost");
    CarryOutChanges();
  }
  if (link->channel != nullptr) {
    co_await rpc::WaitUntilNotConnecting(loop_, *link->channel, stop);
  }
}

async::Task<NodeState> GrpcCluster::IdentifyStranger(int node, LinkPtr link, std::string host,
                                                     std::stop_token stop) {
  DialTurns::Turn turn(dial_turns_, std::move(host));
  const bool come = co_await turn.Await(stop);
  if (!come) co_return NodeState::kDown;
  Open(*link);
  const NodeState state = co_await Identify(node, link, stop);
  if (IsCurrent(node, link)) {
    if (!membership_.StrangerFrom(node)) co_return state;
    NoteUnreached(node, *link);
  }
  link->stub.reset();
  const std::shared_ptr<grpc::Channel> channel = std::move(link->channel);
  co_await rpc::WaitUntilNotConnecting(loop_, *channel, stop_);
  co_await async::SleepFor(loop_, kUnreachedTurn, stop);
  co_return state;
}

// Says it once of each, and now and then of many: anybody may register any name.
void GrpcCluster::NoteUnreached(int node, Link& link) {
  const NodeStatus& status = nodes()[static_cast<std::size_t>(node)];
  if (std::exchange(link.told_unreached, true)) return;
  const bool quiet = loop_.Now() < quiet_until_;
  if (!quiet) quiet_until_ = loop_.Now() + kBetweenLines;
  spdlog::log(quiet ? spdlog::level::debug : spdlog::level::warn,
              "node {} has registered and is not reached at {}: {}", status.name, status.address,
              membership_.WhySilent(node));
}

async::Task<NodeState> GrpcCluster::Identify(int node, LinkPtr link, std::stop_token stop) {
  rpc::CallOptions options;
  options.timeout = kGreetTimeout;
  v1::GetNodeRequest request;
  const absl::StatusOr<v1::GetNodeResponse> reply = co_await rpc::CallUnary(
      loop_, *link->stub, &v1::NodeService::Stub::PrepareAsyncGetNode, request, options, stop);
  if (!IsCurrent(node, link)) co_return NodeState::kDown;
  const NodeStatus& status = nodes()[static_cast<std::size_t>(node)];
  if (reply.ok()) {
    const NodeState before = status.state;
    const NodeState state = membership_.Answered(node, IdentityFrom(*reply));
    if (state == NodeState::kRefused && before != state) {
      spdlog::warn("node {} at {} is refused: {}", status.name, status.address, status.detail);
    }
  } else {
    membership_.Lost(node, std::string(reply.status().message()));
  }
  const NodeState state = status.state;
  CarryOutChanges();
  co_return state;
}

void GrpcCluster::Connect(int node) {
  const auto link = std::make_shared<Link>(loop_);
  link->address = nodes()[static_cast<std::size_t>(node)].address;
  if (!membership_.StrangerFrom(node)) Open(*link);
  links_[static_cast<std::size_t>(node)] = link;
  watches_.Spawn(WatchLink(node, link, stop_));
}

void GrpcCluster::Open(Link& link) {
  link.channel = rpc::MakeChannel(link.address, kUnreadBytes);
  link.stub = v1::NodeService::NewStub(link.channel);
}

bool GrpcCluster::IsCurrent(int node, const LinkPtr& link) const {
  return links_[static_cast<std::size_t>(node)] == link;
}

absl::StatusOr<int> GrpcCluster::Heartbeat(const NodeHeartbeat& heartbeat) {
  if (!running_ || stop_.stop_requested()) {
    return absl::UnavailableError("the coordinator is shutting down");
  }
  const absl::StatusOr<int> node = membership_.Heartbeat(loop_.Now(), heartbeat);
  links_.resize(nodes().size());
  CarryOutChanges();
  if (!node.ok() || heartbeat.leaving) return node;
  const LinkPtr& link = links_[static_cast<std::size_t>(*node)];
  if (link == nullptr) {
    Connect(*node);
  } else if (link->channel != nullptr &&
             nodes()[static_cast<std::size_t>(*node)].state == NodeState::kDown) {
    // The node lives, so the channel need not wait out the back-off of earlier tries.
    grpc::experimental::ChannelResetConnectionBackoff(link->channel.get());
  }
  return node;
}

absl::StatusOr<int> GrpcCluster::Drain(const std::string& name) {
  const absl::StatusOr<int> node = membership_.Drain(name);
  CarryOutChanges();
  return node;
}

absl::StatusOr<std::optional<int>> GrpcCluster::Undrain(const std::string& name) {
  const absl::StatusOr<std::optional<int>> node = membership_.Undrain(name);
  CarryOutChanges();
  return node;
}

absl::Status GrpcCluster::Remove(const std::string& name) {
  absl::Status removed = membership_.Remove(name);
  CarryOutChanges();
  return removed;
}

void GrpcCluster::CarryOutChanges() {
  for (const NodeChange& change : membership_.TakeChanges()) CarryOut(change);
}

// Logs configured nodes at debug level only: they may be those of a cluster inside a client, whose
// output is not ours. So are strangers: anybody may register any number of names.
void GrpcCluster::Log(const NodeChange& change) const {
  const auto level = change.notable ? spdlog::level::info : spdlog::level::debug;
  switch (change.what) {
    case NodeChange::What::kJoined:
      spdlog::log(level, "node {} is up", change.name);
      break;
    case NodeChange::What::kLeft:
      spdlog::log(level, "node {} gets nothing new: {}", change.name, change.reason);
      break;
    case NodeChange::What::kGone:
      spdlog::log(level, "node {} is gone, what it had goes to others: {}", change.name,
                  change.reason);
      break;
    case NodeChange::What::kForgotten:
      spdlog::log(level, "node {} is forgotten: {}", change.name, change.reason);
      break;
  }
}

void GrpcCluster::End(int node, const std::string& because) {
  const LinkPtr link = std::exchange(links_[static_cast<std::size_t>(node)], nullptr);
  if (link == nullptr) return;
  link->gone_because = because;
  link->gone.request_stop();
}

void GrpcCluster::CarryOut(const NodeChange& change) {
  Log(change);
  switch (change.what) {
    case NodeChange::What::kJoined:
      if (observer_ != nullptr) observer_->OnNodeJoined(change.node, change.name);
      break;
    case NodeChange::What::kLeft:
      if (observer_ != nullptr) observer_->OnNodeLeft(change.node, change.name, change.reason);
      break;
    case NodeChange::What::kGone:
      End(change.node, change.reason);
      // A configured address is called whether or not somebody registers from there.
      if (membership_.IsConfigured(change.node)) Connect(change.node);
      break;
    case NodeChange::What::kForgotten:
      End(change.node, change.reason);
      break;
  }
}

async::Task<absl::StatusOr<AttemptOutcome>> GrpcCluster::TrainShard(
    int node, std::shared_ptr<const TrainTask> task, AttemptObserver& observer,
    std::stop_token stop) {
  const LinkPtr link = links_[static_cast<std::size_t>(node)];
  if (link == nullptr || link->channel == nullptr) {
    co_return absl::UnavailableError(
        absl::StrCat("the node is lost: ", nodes()[static_cast<std::size_t>(node)].detail));
  }
  const async::EitherStop end(stop, link->gone.get_token());
  membership_.AttemptBegan(node);
  absl::StatusOr<AttemptOutcome> outcome =
      co_await Attempt(link, std::move(task), observer, end.token());
  if (absl::IsCancelled(outcome.status()) && !stop.stop_requested() &&
      link->gone.stop_requested()) {
    outcome = absl::UnavailableError(absl::StrCat("the node is lost: ", link->gone_because));
  }
  NoteEnd(node, outcome);
  co_return outcome;
}

async::Task<absl::StatusOr<AttemptOutcome>> GrpcCluster::Attempt(
    LinkPtr link, std::shared_ptr<const TrainTask> task, AttemptObserver& observer,
    std::stop_token stop) {
  // The place is taken here, so that no later shard goes first while this one's parameters are on
  // their way.
  GradientTurns::Attempt place(gradient_turns_, task->job_id, task->round, task->shard);
  // Large parameters of several jobs may push each other out on the node.
  for (int tries = 0; tries < kTriesWithParameters; ++tries) {
    if (!wire::TravelWhole(*task->parameters.values)) {
      absl::Status put = co_await Put(link, task->parameters, stop);
      if (!put.ok()) co_return put;
    }
    absl::StatusOr<AttemptOutcome> outcome = co_await Call(link, *task, place, observer, stop);
    if (!IsRejected(outcome, RejectReason::kParametersUnknown)) co_return outcome;
    link->has.Remove(task->parameters.sha256);
  }
  co_return absl::UnavailableError("the node does not keep the parameters that it is sent");
}

async::Task<absl::StatusOr<AttemptOutcome>> GrpcCluster::Call(LinkPtr link, const TrainTask& task,
                                                              GradientTurns::Attempt& place,
                                                              AttemptObserver& observer,
                                                              std::stop_token stop) {
  AttemptReader reader(task, observer);
  const v1::TrainShardRequest request = RequestFor(task, link->has);
  rpc::StreamCall<v1::TrainShardEvent> call(loop_, *link->stub,
                                            &v1::NodeService::Stub::PrepareAsyncTrainShard, request,
                                            rpc::CallOptions(), stop);
  co_await call.Start();
  bool in_turn = false;
  v1::TrainShardEvent event;
  while (!reader.complete()) {
    // The gradient stays on the node until its turn: the node does not send what nobody reads.
    if (reader.gradient_to_come() && !in_turn) in_turn = co_await place.Await(stop);
    const bool more = co_await call.Read(event);
    if (!more) break;
    reader.Read(event);
    if (event.has_accepted()) link->has.Add(task.parameters.sha256);
  }
  const absl::Status status = co_await call.Finish();
  co_return std::move(reader).Outcome(status);
}

async::Task<absl::Status> GrpcCluster::Put(LinkPtr link, RoundParameters parameters,
                                           std::stop_token stop) {
  while (link->coming.contains(parameters.sha256)) {
    const bool arrived = co_await link->arrived.Wait(stop);
    if (!arrived) co_return absl::CancelledError("the call was cancelled");
  }
  if (link->has.Has(parameters.sha256)) co_return absl::OkStatus();
  link->coming.insert(parameters.sha256);
  PieceWriter pieces(parameters);
  std::function<std::optional<grpc::ByteBuffer>()> next = [&pieces] { return pieces.Next(); };
  rpc::CallOptions options;
  const absl::StatusOr<grpc::ByteBuffer> put = co_await rpc::CallWithStream(
      loop_, link->channel, "/mlp.v1.NodeService/PutParameters", options, std::move(next), stop);
  if (put.ok()) link->has.Add(parameters.sha256);
  link->coming.erase(parameters.sha256);
  link->arrived.Notify();
  co_return put.status();
}

void GrpcCluster::NoteEnd(int node, const absl::StatusOr<AttemptOutcome>& outcome) {
  membership_.AttemptEnded(loop_.Now(), node, EndOf(outcome),
                           std::string(outcome.status().message()));
  if (!IsRejected(outcome, RejectReason::kShuttingDown)) return;
  membership_.ShutsDown(node);
  CarryOutChanges();
}

}  // namespace mlp::coordinator
