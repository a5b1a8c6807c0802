#include "services/coordinator/grpc_cluster.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/async/wait.h"
#include "services/base/field_error.h"
#include "services/rpc/channel.h"
#include "services/rpc/client_call.h"
#include "services/wire/model_proto.h"
#include "services/wire/parameters_proto.h"
#include "services/wire/time_proto.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;

constexpr auto kGreetTimeout = 2s;
constexpr auto kGreetAgain = 200ms;
// A refused node may have been replaced by one that fits.
constexpr auto kGreetRefusedAgain = 2s;
constexpr auto kResolveAgain = 2s;

const char* ReasonText(v1::TrainShardEvent::Rejected::Reason reason) {
  switch (reason) {
    case v1::TrainShardEvent::Rejected::REASON_BUSY:
      return "busy";
    case v1::TrainShardEvent::Rejected::REASON_LOAD:
      return "injected load";
    case v1::TrainShardEvent::Rejected::REASON_SHUTTING_DOWN:
      return "shutting down";
    default:
      return "no reason given";
  }
}

// What one TrainShard call brought, message by message.
class AttemptReader {
 public:
  AttemptReader(const ShardTask& task, AttemptObserver& observer)
      : task_(task), observer_(observer) {}

  void Read(const v1::TrainShardEvent& event) {
    switch (event.event_case()) {
      case v1::TrainShardEvent::kAccepted:
        observer_.OnAccepted(event.accepted().queued_behind());
        break;
      case v1::TrainShardEvent::kRejected:
        outcome_ = AttemptOutcome(Rejected{ReasonText(event.rejected().reason())});
        break;
      case v1::TrainShardEvent::kStarted:
        ReadStarted(event.started());
        break;
      case v1::TrainShardEvent::kFinished:
        outcome_ = ReadFinished(event.finished());
        break;
      case v1::TrainShardEvent::EVENT_NOT_SET:
        break;
    }
  }

  // `status` is how the call ended.
  absl::StatusOr<AttemptOutcome> Outcome(const absl::Status& status) && {
    if (!status.ok()) return status;
    if (!outcome_) return absl::DataLossError("the node ended the call without a result");
    return *std::move(outcome_);
  }

 private:
  void ReadStarted(const v1::TrainShardEvent::Started& started) {
    const auto queued = wire::FromProto(started.queued_for(), "started.queued_for");
    const auto held_up = wire::FromProto(started.held_up_for(), "started.held_up_for");
    observer_.OnStarted(queued.value_or(0ns), held_up.value_or(0ns));
  }

  absl::StatusOr<AttemptOutcome> ReadFinished(const v1::TrainShardEvent::Finished& finished) const {
    auto gradient = wire::FromProto(finished.gradient(), *task_.model, "finished.gradient");
    auto training = wire::FromProto(finished.training(), "finished.training");
    auto compute_time = wire::FromProto(finished.compute_time(), "finished.compute_time");
    auto load_time = wire::FromProto(finished.load_time(), "finished.load_time");
    absl::Status status = gradient.status();
    status.Update(training.status());
    status.Update(compute_time.status());
    status.Update(load_time.status());
    if (status.ok() && PrecisionOf(*gradient) != PrecisionOf(*task_.parameters)) {
      status = absl::InvalidArgumentError(
          "finished.gradient: has another precision than the parameters");
    }
    // What the node sent is at fault, not what it was asked: worth another try.
    if (!status.ok()) return absl::DataLossError(status.message());
    Trained trained;
    trained.gradient = *std::move(gradient);
    trained.digest = finished.gradient().sha256();
    trained.training = *training;
    trained.epochs_run = finished.epochs_run();
    trained.compute_time = *compute_time;
    trained.load_time = *load_time;
    return AttemptOutcome(std::move(trained));
  }

  const ShardTask& task_;
  AttemptObserver& observer_;
  std::optional<absl::StatusOr<AttemptOutcome>> outcome_;
};

Membership::AttemptEnd EndOf(const absl::StatusOr<AttemptOutcome>& outcome) {
  if (absl::IsCancelled(outcome.status())) return Membership::AttemptEnd::kCancelled;
  if (!outcome.ok()) return Membership::AttemptEnd::kFailed;
  return std::holds_alternative<Rejected>(*outcome) ? Membership::AttemptEnd::kRejected
                                                    : Membership::AttemptEnd::kFinished;
}

}  // namespace

GrpcCluster::GrpcCluster(rpc::Loop& loop, async::Workers& resolver)
    : loop_(loop), resolver_(resolver), membership_(std::string(ArithmeticId())) {}

async::Task<> GrpcCluster::Run(std::vector<HostPort> configured, std::stop_token stop) {
  async::TaskGroup watches;
  for (HostPort& host : configured) watches.Spawn(WatchHost(std::move(host), watches, stop));
  co_await watches.Join();
}

async::Task<> GrpcCluster::WatchHost(HostPort host, async::TaskGroup& watches,
                                     std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto resolve = [&host] { return Resolve(host); };
    absl::StatusOr<std::vector<std::string>> addresses =
        co_await async::Offload(resolver_, std::move(resolve));
    for (const std::string& address : addresses.value_or(std::vector<std::string>{})) {
      const int node = membership_.Add(address);
      if (static_cast<std::size_t>(node) < links_.size()) continue;  // known
      Link link;
      link.channel = rpc::MakeChannel(address);
      link.stub = v1::NodeService::NewStub(link.channel);
      links_.push_back(std::move(link));
      watches.Spawn(WatchNode(node, stop));
    }
    co_await async::SleepFor(loop_, kResolveAgain, stop);
  }
}

async::Task<> GrpcCluster::WatchNode(int node, std::stop_token stop) {
  while (!stop.stop_requested()) {
    const NodeState state = co_await Greet(node, stop);
    if (state != NodeState::kUp) {
      const auto pause = state == NodeState::kRefused ? kGreetRefusedAgain : kGreetAgain;
      co_await async::SleepFor(loop_, pause, stop);
      continue;
    }
    const auto channel = links_[static_cast<std::size_t>(node)].channel;
    co_await rpc::WaitUntilNotReady(loop_, *channel, stop);
    Lose(node, "the connection was lost");
  }
}

async::Task<NodeState> GrpcCluster::Greet(int node, std::stop_token stop) {
  v1::NodeService::Stub& stub = *links_[static_cast<std::size_t>(node)].stub;
  rpc::CallOptions options;
  options.timeout = kGreetTimeout;
  v1::GetNodeRequest request;
  const absl::StatusOr<v1::GetNodeResponse> reply = co_await rpc::CallUnary(
      loop_, stub, &v1::NodeService::Stub::PrepareAsyncGetNode, request, options, stop);
  if (!reply.ok()) {
    membership_.Lost(node, std::string(reply.status().message()));
    co_return NodeState::kDown;
  }
  NodeIdentity identity;
  identity.name = reply->name();
  identity.instance_id = reply->instance_id();
  identity.arithmetic = reply->arithmetic();
  identity.load.probability = reply->load_probability();
  identity.load.delay = wire::FromProto(reply->load_delay(), "load_delay").value_or(0ns);
  identity.load.seed = reply->load_seed();
  identity.slots = reply->slots();
  const NodeState state = membership_.Answered(node, identity);
  if (state == NodeState::kUp && observer_ != nullptr) observer_->OnNodeJoined(node, identity.name);
  co_return state;
}

void GrpcCluster::Lose(int node, std::string reason) {
  membership_.Lost(node, reason);
  if (observer_ != nullptr) {
    observer_->OnNodeLeft(node, nodes()[static_cast<std::size_t>(node)].name, reason);
  }
}

async::Task<absl::StatusOr<AttemptOutcome>> GrpcCluster::TrainShard(
    int node, std::shared_ptr<const ShardTask> task, AttemptObserver& observer,
    std::stop_token stop) {
  v1::NodeService::Stub& stub = *links_[static_cast<std::size_t>(node)].stub;
  AttemptReader reader(*task, observer);
  auto on_event = [&reader](const v1::TrainShardEvent& event) { reader.Read(event); };
  v1::TrainShardRequest request = RequestFor(*task);
  rpc::CallOptions options;
  membership_.AttemptBegan(node);
  const absl::Status status =
      co_await rpc::CallStream(loop_, stub, &v1::NodeService::Stub::PrepareAsyncTrainShard, request,
                               options, on_event, stop);
  absl::StatusOr<AttemptOutcome> outcome = std::move(reader).Outcome(status);
  membership_.AttemptEnded(node, EndOf(outcome));
  co_return outcome;
}

v1::TrainShardRequest GrpcCluster::RequestFor(const ShardTask& task) {
  if (encoded_from_.lock() != task.parameters) {
    encoded_ = wire::ToProto(*task.parameters);
    encoded_from_ = task.parameters;
  }
  v1::TrainShardRequest request;
  request.set_job_id(task.job_id);
  request.set_round(task.round);
  request.set_shard(task.shard);
  request.set_offer(task.offer);
  request.mutable_data()->set_dataset(task.dataset);
  request.mutable_data()->set_file(task.file);
  request.mutable_data()->set_sha256(task.sha256);
  *request.mutable_model() = wire::ToProto(*task.model);
  *request.mutable_parameters() = encoded_;
  request.set_epochs(task.training.epochs);
  request.set_learning_rate(task.training.learning_rate);
  request.set_tolerance(task.training.tolerance);
  request.set_slots(task.terms.slots);
  request.set_rejectable(task.terms.rejectable);
  return request;
}

}  // namespace mlp::coordinator
