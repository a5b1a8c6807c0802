#include "services/coordinator/api/cluster_service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mlp/v1/cluster.grpc.pb.h"
#include "services/async/clock.h"
#include "services/base/field_error.h"
#include "services/coordinator/api/heartbeat_proto.h"
#include "services/rpc/server_call.h"
#include "services/wire/time_proto.h"

namespace mlp::coordinator {
namespace {

using async::TimePoint;

constexpr std::size_t kMaxRefusals = 1000;

v1::NodeState ToProto(NodeState state) {
  switch (state) {
    case NodeState::kUp:
      return v1::NODE_STATE_UP;
    case NodeState::kDown:
      return v1::NODE_STATE_DOWN;
    case NodeState::kRefused:
      return v1::NODE_STATE_REFUSED;
    case NodeState::kSuspected:
      return v1::NODE_STATE_SUSPECTED;
    case NodeState::kDraining:
      return v1::NODE_STATE_DRAINING;
  }
  return v1::NODE_STATE_UNSPECIFIED;
}

v1::NodeStatus ToProto(const NodeStatus& node, TimePoint now) {
  v1::NodeStatus proto;
  proto.set_name(node.name);
  proto.set_address(node.address);
  proto.set_state(ToProto(node.state));
  proto.set_detail(node.detail);
  proto.set_active_attempts(node.active_attempts);
  proto.set_finished_attempts(node.finished_attempts);
  proto.set_rejected_attempts(node.rejected_attempts);
  proto.set_failed_attempts(node.failed_attempts);
  proto.set_registered(node.registered);
  if (node.registered) {
    const auto left = node.lease_end.value_or(now) - now;
    *proto.mutable_lease_left() = wire::ToProto(std::max(left, async::Duration::zero()));
  }
  proto.set_slots(node.slots);
  proto.set_version(node.version);
  proto.set_tasks_per_second(node.finished_rate.PerSecond(now));
  proto.set_last_error(node.last_error);
  if (node.last_error_time) {
    *proto.mutable_last_error_time() = wire::ToProto(*node.last_error_time);
  }
  return proto;
}

}  // namespace

class ClusterService::Generated final : public rpc::AsyncService<v1::ClusterService> {};

class ClusterService::Handlers {
 public:
  Handlers(async::Clock& clock, GrpcCluster& cluster, RememberDrain remember);

  void Serve(rpc::Server& server, Generated& service);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;

  Reply<v1::ListNodesResponse> ListNodes(const v1::ListNodesRequest& request);
  Reply<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request,
                                         const std::string& peer);
  Reply<v1::DrainNodeResponse> DrainNode(const v1::DrainNodeRequest& request);
  Reply<v1::UndrainNodeResponse> UndrainNode(const v1::UndrainNodeRequest& request);
  Reply<v1::RemoveNodeResponse> RemoveNode(const v1::RemoveNodeRequest& request);

  void NoteRefusal(const std::string& name, const absl::Status& status);

  async::Clock& clock_;
  GrpcCluster& cluster_;
  RememberDrain remember_;
  std::set<std::string> refusals_;  // logged ones
};

ClusterService::Handlers::Handlers(async::Clock& clock, GrpcCluster& cluster,
                                   RememberDrain remember)
    : clock_(clock), cluster_(cluster), remember_(std::move(remember)) {}

void ClusterService::Handlers::Serve(rpc::Server& server, Generated& service) {
  rpc::ServeUnary(server, service, &Generated::ListNodes,
                  [this](const auto& request) { return ListNodes(request); });
  rpc::ServeUnaryWithPeer(
      server, service, &Generated::Heartbeat,
      [this](const auto& request, const std::string& peer) { return Heartbeat(request, peer); });
  rpc::ServeUnary(server, service, &Generated::DrainNode,
                  [this](const auto& request) { return DrainNode(request); });
  rpc::ServeUnary(server, service, &Generated::UndrainNode,
                  [this](const auto& request) { return UndrainNode(request); });
  rpc::ServeUnary(server, service, &Generated::RemoveNode,
                  [this](const auto& request) { return RemoveNode(request); });
}

auto ClusterService::Handlers::ListNodes(const v1::ListNodesRequest&)
    -> Reply<v1::ListNodesResponse> {
  v1::ListNodesResponse response;
  const TimePoint now = clock_.Now();
  for (const NodeStatus& node : cluster_.nodes()) {
    if (!node.vacant) *response.add_nodes() = ToProto(node, now);
  }
  co_return response;
}

auto ClusterService::Handlers::Heartbeat(const v1::HeartbeatRequest& request,
                                         const std::string& peer) -> Reply<v1::HeartbeatResponse> {
  const absl::StatusOr<NodeHeartbeat> heartbeat = FromProto(request, peer);
  if (!heartbeat.ok()) co_return heartbeat.status();
  const absl::StatusOr<int> node = cluster_.Heartbeat(*heartbeat);
  if (!node.ok()) {
    NoteRefusal(request.name(), node.status());
    co_return node.status();
  }
  const NodeStatus& status = cluster_.nodes()[static_cast<std::size_t>(*node)];
  const LeaseTerms& terms = cluster_.lease_terms();
  v1::HeartbeatResponse response;
  *response.mutable_interval() = wire::ToProto(terms.interval);
  *response.mutable_lease() = wire::ToProto(terms.Missed(terms.dead_after));
  response.set_state(ToProto(status.state));
  response.set_detail(status.detail);
  co_return response;
}

// Logs a refusal once: a refused node asks again and again.
void ClusterService::Handlers::NoteRefusal(const std::string& name, const absl::Status& status) {
  if (!absl::IsFailedPrecondition(status)) return;
  const std::string refusal = absl::StrCat("node ", name, " is refused: ", status.message());
  if (refusals_.size() >= kMaxRefusals) refusals_.clear();
  if (refusals_.insert(refusal).second) spdlog::warn("{}", refusal);
}

auto ClusterService::Handlers::DrainNode(const v1::DrainNodeRequest& request)
    -> Reply<v1::DrainNodeResponse> {
  const absl::StatusOr<int> node = cluster_.Drain(request.name());
  if (!node.ok()) co_return node.status();
  // The number may be another node's afterwards.
  const NodeStatus status = cluster_.nodes()[static_cast<std::size_t>(*node)];
  const absl::Status remembered = co_await remember_(request.name(), true);
  if (!remembered.ok()) {
    co_return WithContext("the node is drained, but a restart may forget it", remembered);
  }
  v1::DrainNodeResponse response;
  *response.mutable_node() = ToProto(status, clock_.Now());
  co_return response;
}

auto ClusterService::Handlers::UndrainNode(const v1::UndrainNodeRequest& request)
    -> Reply<v1::UndrainNodeResponse> {
  const absl::StatusOr<std::optional<int>> node = cluster_.Undrain(request.name());
  if (!node.ok()) co_return node.status();
  NodeStatus status;
  status.name = request.name();
  status.detail = "is not registered";
  if (node->has_value()) status = cluster_.nodes()[static_cast<std::size_t>(**node)];
  const absl::Status remembered = co_await remember_(request.name(), false);
  if (!remembered.ok()) {
    co_return WithContext("the node gets work again, but a restart may forget it", remembered);
  }
  v1::UndrainNodeResponse response;
  *response.mutable_node() = ToProto(status, clock_.Now());
  co_return response;
}

auto ClusterService::Handlers::RemoveNode(const v1::RemoveNodeRequest& request)
    -> Reply<v1::RemoveNodeResponse> {
  absl::Status removed = cluster_.Remove(request.name());
  if (!removed.ok()) co_return removed;
  co_return v1::RemoveNodeResponse();
}

ClusterService::ClusterService() : generated_(std::make_unique<Generated>()) {}

ClusterService::~ClusterService() = default;

grpc::Service& ClusterService::grpc() { return *generated_; }

void ClusterService::Serve(rpc::Server& server, GrpcCluster& cluster, RememberDrain remember) {
  handlers_ = std::make_unique<Handlers>(server.loop(), cluster, std::move(remember));
  handlers_->Serve(server, *generated_);
}

}  // namespace mlp::coordinator
