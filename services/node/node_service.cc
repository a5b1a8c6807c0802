#include "services/node/node_service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/model/model_spec.h"
#include "mlp/v1/node.grpc.pb.h"
#include "services/attempt/trained.h"
#include "services/base/field_error.h"
#include "services/base/out_of_memory.h"
#include "services/base/protocol_version.h"
#include "services/node/cache/parameter_cache.h"
#include "services/rpc/server_call.h"
#include "services/wire/enum_proto.h"
#include "services/wire/parameter_pieces.h"
#include "services/wire/parameters_proto.h"
#include "services/wire/time_proto.h"
#include "services/wire/train_shard_proto.h"

namespace mlp::node {
namespace {

using async::Task;

std::string DrawInstanceId() {
  std::random_device random;
  const std::uint64_t id = (std::uint64_t{random()} << 32) | random();
  return absl::StrCat(absl::Hex(id, absl::kZeroPad16));
}

// The limits of the parameters that are kept: enough for jobs that take turns, if they are small.
constexpr std::size_t kMaxCachedParameters = 16;
constexpr std::size_t kMaxCachedParameterBytes = std::size_t{64} << 20;

// A model has no more than these; a larger size is refused as wrong.
constexpr std::uint64_t kMostParameterBytes = kMaxParameters * sizeof(double);

// Messages up to this size are decoded and encoded faster than a worker is woken to do it.
constexpr std::size_t kSmallMessageBytes = std::size_t{32} << 10;

bool IsSmall(const v1::TrainShardRequest& request) {
  return request.parameters().data().size() <= kSmallMessageBytes;
}

std::string TaskName(const v1::TrainShardRequest& request) {
  return absl::StrCat(request.job_id(), " round ", request.round(), " shard ", request.shard());
}

// Joins the words only if they are logged: that would cost more than the message.
template <class... Words>
void Log(const v1::TrainShardRequest& request, const Words&... words) {
  if (spdlog::should_log(spdlog::level::debug)) {
    spdlog::debug("{}: {}", TaskName(request), absl::StrCat(words...));
  }
}

double Seconds(async::Duration duration) { return std::chrono::duration<double>(duration).count(); }

class StreamObserver final : public AttemptObserver {
 public:
  StreamObserver(rpc::ServerStream<v1::TrainShardEvent>& stream,
                 const v1::TrainShardRequest& request)
      : stream_(stream), request_(request) {}

  void OnAccepted(int queued_behind) override {
    Log(request_, "accepted behind ", queued_behind, " others");
    stream_.Send(wire::AcceptedEvent(queued_behind));
  }
  void OnStarted(async::Duration queued_for, async::Duration held_up_for) override {
    Log(request_, "started, queued for ", Seconds(queued_for), " s, held up for ",
        Seconds(held_up_for), " s");
    stream_.Send(wire::StartedEvent(queued_for, held_up_for));
  }

 private:
  rpc::ServerStream<v1::TrainShardEvent>& stream_;
  const v1::TrainShardRequest& request_;
};

void LogEnd(const v1::TrainShardRequest& request, const absl::StatusOr<AttemptOutcome>& outcome) {
  if (!outcome.ok()) {
    Log(request, outcome.status().message());
  } else if (const auto* trained = std::get_if<SharedTrained>(&*outcome)) {
    Log(request, "finished ", (*trained)->epochs_run, " epochs in ",
        Seconds((*trained)->compute_time), " s");
  } else {
    Log(request, "rejected");
  }
}

}  // namespace

class NodeService::Generated final : public rpc::AsyncService<v1::NodeService> {};

class NodeService::Handlers {
 public:
  Handlers(std::string instance_id, Node& node, async::Workers& workers);

  void Serve(rpc::Server& server, Generated& service);

 private:
  using EventStream = rpc::ServerStream<v1::TrainShardEvent>;
  using PieceStream = rpc::RequestStream<v1::PutParametersResponse, v1::PutParametersRequest>;

  Task<absl::Status> TrainShard(const v1::TrainShardRequest& request, EventStream& stream);
  Task<absl::StatusOr<TrainTask>> Decode(const v1::TrainShardRequest& request);
  Task<absl::StatusOr<v1::TrainShardEvent>> EventOf(const AttemptOutcome& outcome,
                                                    const v1::TrainShardRequest& request);
  // Sends it in pieces.
  Task<absl::Status> SendGradient(const Parameters& gradient, EventStream& stream);
  Task<absl::StatusOr<v1::PutParametersResponse>> PutParameters(PieceStream& pieces);
  // Takes the parameters from the request, or those that it refers to. False: they are unknown.
  absl::StatusOr<bool> FindParameters(const v1::TrainShardRequest& request, TrainTask& task);
  Task<absl::StatusOr<v1::GetNodeResponse>> GetNode();

  const std::string instance_id_;
  Node& node_;
  async::Workers& workers_;
  ParameterCache parameters_;
};

NodeService::Handlers::Handlers(std::string instance_id, Node& node, async::Workers& workers)
    : instance_id_(std::move(instance_id)),
      node_(node),
      workers_(workers),
      parameters_(kMaxCachedParameters, kMaxCachedParameterBytes) {}

void NodeService::Handlers::Serve(rpc::Server& server, Generated& service) {
  rpc::ServeStream(server, service, &Generated::TrainShard,
                   [this](const v1::TrainShardRequest& request, EventStream& stream) {
                     return TrainShard(request, stream);
                   });
  rpc::ServePut(server, service, &Generated::PutParameters,
                [this](PieceStream& pieces) { return PutParameters(pieces); });
  rpc::ServeUnary(server, service, &Generated::GetNode,
                  [this](const v1::GetNodeRequest&) { return GetNode(); });
}

Task<absl::Status> NodeService::Handlers::TrainShard(const v1::TrainShardRequest& request,
                                                     EventStream& stream) {
  absl::StatusOr<TrainTask> task = co_await Decode(request);
  if (!task.ok()) co_return task.status();
  const absl::StatusOr<bool> known = FindParameters(request, *task);
  if (!known.ok()) co_return known.status();
  if (!*known) {
    stream.Send(wire::RejectedEvent(RejectReason::kParametersUnknown));
    co_return absl::OkStatus();
  }
  StreamObserver observer(stream, request);
  const absl::StatusOr<AttemptOutcome> outcome =
      co_await node_.Train(*std::move(task), observer, stream.stop_token());
  LogEnd(request, outcome);
  if (!outcome.ok()) co_return outcome.status();
  const absl::StatusOr<v1::TrainShardEvent> last = co_await EventOf(*outcome, request);
  if (!last.ok()) co_return last.status();
  stream.Send(*last);
  const auto* trained = std::get_if<SharedTrained>(&*outcome);
  if (trained == nullptr || wire::TravelWhole(*(*trained)->gradient)) co_return absl::OkStatus();
  co_return co_await SendGradient(*(*trained)->gradient, stream);
}

absl::StatusOr<bool> NodeService::Handlers::FindParameters(const v1::TrainShardRequest& request,
                                                           TrainTask& task) {
  if (task.parameters.values != nullptr) {
    parameters_.Keep(task.parameters.sha256, task.parameters.values);
    return true;
  }
  auto found = parameters_.Find(task.parameters.sha256);
  if (found == nullptr) return false;
  const absl::Status status = wire::Refer(task, request, std::move(found));
  if (!status.ok()) return status;
  return true;
}

Task<absl::Status> NodeService::Handlers::SendGradient(const Parameters& gradient,
                                                       EventStream& stream) {
  co_await stream.Sent();
  const auto bytes = mlp::BytesOf(gradient);
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto piece = bytes.subspan(sent, std::min(wire::kPieceBytes, bytes.size() - sent));
    v1::TrainShardEvent event;
    event.set_gradient_data(piece.data(), piece.size());
    const bool alive = co_await stream.Write(event);
    if (!alive) co_return absl::CancelledError("the call is dead");
    sent += piece.size();
  }
  co_return absl::OkStatus();
}

Task<absl::StatusOr<v1::PutParametersResponse>> NodeService::Handlers::PutParameters(
    PieceStream& pieces) {
  std::optional<v1::PutParametersRequest> first = co_await pieces.Read();
  if (!first) co_return absl::InvalidArgumentError("parameters: required");
  if (auto status = wire::CheckReference(first->parameters(), "parameters"); !status.ok()) {
    co_return status;
  }
  const auto precision = wire::FromProto(first->parameters().precision(), "parameters.precision");
  const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(first->size(), 0));
  if (auto status = node_.CheckParameters(std::min(size, kMostParameterBytes)); !status.ok()) {
    co_return status;
  }
  absl::StatusOr<wire::ParameterAssembly> assembly = wire::ParameterAssembly::Begin(
      *precision, first->size(), wire::ParameterAssembly::Room::kAsItComes);
  if (!assembly.ok()) co_return AtField("size", assembly.status());
  std::string sha256 = first->parameters().sha256();
  absl::Status added = assembly->Add(first->data());
  while (added.ok()) {
    std::optional<v1::PutParametersRequest> next = co_await pieces.Read();
    if (!next) break;
    added = assembly->Add(next->data());
  }
  if (!added.ok()) co_return AtField("data", added);
  absl::StatusOr<SharedParameters> all = (*std::move(assembly)).Finish(sha256);
  if (!all.ok()) co_return AtField("data", all.status());
  parameters_.Keep(std::move(sha256), *std::move(all));
  co_return v1::PutParametersResponse();
}

Task<absl::StatusOr<TrainTask>> NodeService::Handlers::Decode(
    const v1::TrainShardRequest& request) {
  if (IsSmall(request)) co_return wire::FromProto(request);
  auto decode = WithinMemory("the request", [&request] { return wire::FromProto(request); });
  co_return co_await async::Offload(workers_, std::move(decode));
}

Task<absl::StatusOr<v1::TrainShardEvent>> NodeService::Handlers::EventOf(
    const AttemptOutcome& outcome, const v1::TrainShardRequest& request) {
  if (const auto* reason = std::get_if<RejectReason>(&outcome)) {
    co_return wire::RejectedEvent(*reason);
  }
  const Trained& trained = *std::get<SharedTrained>(outcome);
  if (IsSmall(request)) co_return wire::FinishedEvent(trained, request.data().file());
  auto encode =
      WithinMemory("the result", [&trained, &request]() -> absl::StatusOr<v1::TrainShardEvent> {
        return wire::FinishedEvent(trained, request.data().file());
      });
  co_return co_await async::Offload(workers_, std::move(encode));
}

Task<absl::StatusOr<v1::GetNodeResponse>> NodeService::Handlers::GetNode() {
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
  for (CachedResults::Name& name : node_.cached_results().Names()) {
    auto& kept = *response.add_kept_results();
    kept.set_job_id(std::move(name.job_id));
    kept.set_round(name.round);
    kept.set_shard(name.shard);
  }
  co_return response;
}

NodeService::NodeService()
    : instance_id_(DrawInstanceId()), generated_(std::make_unique<Generated>()) {}

NodeService::~NodeService() = default;

grpc::Service& NodeService::grpc() { return *generated_; }

void NodeService::Serve(rpc::Server& server, Node& node, async::Workers& workers) {
  handlers_ = std::make_unique<Handlers>(instance_id_, node, workers);
  handlers_->Serve(server, *generated_);
}

}  // namespace mlp::node
