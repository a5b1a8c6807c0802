#include "services/node/node_service.h"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <random>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libmlp/training.h"
#include "services/base/protocol_version.h"
#include "services/node/train_shard_proto.h"
#include "services/wire/time_proto.h"

namespace mlp::node {
namespace {

using async::Task;

std::string DrawInstanceId() {
  std::random_device random;
  const std::uint64_t id = (std::uint64_t{random()} << 32) | random();
  return absl::StrCat(absl::Hex(id, absl::kZeroPad16));
}

std::string TaskName(const v1::TrainShardRequest& request) {
  return absl::StrCat(request.job_id(), " round ", request.round(), " shard ", request.shard());
}

// Tells the caller. A message that cannot be sent means that the call is dead, which its stop token
// tells the node.
class StreamObserver final : public TaskObserver {
 public:
  StreamObserver(rpc::ServerStream<v1::TrainShardEvent>& stream, std::string task)
      : stream_(stream), task_(std::move(task)) {}

  Task<void> OnAccepted(std::size_t queued_behind) override {
    spdlog::debug("{}: accepted behind {} others", task_, queued_behind);
    const v1::TrainShardEvent event = AcceptedEvent(queued_behind);
    co_await stream_.Write(event);
  }
  Task<void> OnStarted(async::Duration queued_for, async::Duration held_up_for) override {
    const std::chrono::duration<double> queued = queued_for;
    const std::chrono::duration<double> held_up = held_up_for;
    spdlog::debug("{}: started, queued for {:.3f} s, held up for {:.3f} s", task_, queued.count(),
                  held_up.count());
    const v1::TrainShardEvent event = StartedEvent(queued_for, held_up_for);
    co_await stream_.Write(event);
  }

 private:
  rpc::ServerStream<v1::TrainShardEvent>& stream_;
  const std::string task_;
};

void LogEnd(const v1::TrainShardRequest& request, const absl::StatusOr<TaskOutcome>& outcome) {
  if (!outcome.ok()) {
    spdlog::debug("{}: {}", TaskName(request), outcome.status().ToString());
  } else if (const auto* result = std::get_if<SharedResult>(&*outcome)) {
    const std::chrono::duration<double> seconds = (*result)->compute_time;
    spdlog::debug("{}: finished {} epochs in {:.3f} s", TaskName(request),
                  (*result)->training.epochs_run, seconds.count());
  } else {
    spdlog::debug("{}: rejected", TaskName(request));
  }
}

}  // namespace

NodeService::NodeService(Node& node, async::Workers& workers)
    : node_(node), workers_(workers), instance_id_(DrawInstanceId()) {}

void NodeService::Serve(rpc::Server& server, v1::NodeService::AsyncService& service) {
  using Service = v1::NodeService::AsyncService;
  rpc::ServeStream(server, service, &Service::RequestTrainShard,
                   [this](const v1::TrainShardRequest& request, EventStream& stream) {
                     return TrainShard(request, stream);
                   });
  rpc::ServeUnary(server, service, &Service::RequestGetNode,
                  [this](const v1::GetNodeRequest&) { return GetNode(); });
}

Task<absl::Status> NodeService::TrainShard(const v1::TrainShardRequest& request,
                                           EventStream& stream) {
  auto parse = [&request] { return FromProto(request); };
  absl::StatusOr<TaskRequest> task = co_await async::Offload(workers_, std::move(parse));
  if (!task.ok()) co_return task.status();
  StreamObserver observer(stream, TaskName(request));
  const absl::StatusOr<TaskOutcome> outcome =
      co_await node_.Train(*std::move(task), observer, stream.stop_token());
  LogEnd(request, outcome);
  if (!outcome.ok()) co_return outcome.status();
  const v1::TrainShardEvent last = co_await EventOf(*outcome, request);
  co_await stream.Write(last);
  co_return absl::OkStatus();
}

Task<v1::TrainShardEvent> NodeService::EventOf(const TaskOutcome& outcome,
                                               const v1::TrainShardRequest& request) {
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
    co_return RejectedEvent(*rejection);
  }
  const TaskResult& result = *std::get<SharedResult>(outcome);
  auto encode = [&result, &request] { return FinishedEvent(result, request.data().file()); };
  co_return co_await async::Offload(workers_, std::move(encode));
}

Task<absl::StatusOr<v1::GetNodeResponse>> NodeService::GetNode() {
  v1::GetNodeResponse response;
  response.set_name(node_.options().name);
  response.set_instance_id(instance_id_);
  response.set_arithmetic(std::string(ArithmeticId()));
  response.set_version(MLP_VERSION);
  response.set_protocol(kProtocolVersion);
  response.set_slots(node_.options().slots);
  response.set_draining(node_.draining());
  response.set_active_tasks(static_cast<std::int32_t>(node_.active_tasks()));
  response.set_finished_tasks(node_.finished_tasks());
  response.set_rejected_tasks(node_.rejected_tasks());
  response.set_load_probability(node_.options().load.probability);
  response.set_load_seed(node_.options().load.seed);
  *response.mutable_load_delay() = wire::ToProto(node_.options().load.delay);
  for (KeptResults::Name& name : node_.kept_results().Names()) {
    auto& kept = *response.add_kept_results();
    kept.set_job_id(std::move(name.job_id));
    kept.set_round(name.round);
    kept.set_shard(name.shard);
  }
  co_return response;
}

}  // namespace mlp::node
