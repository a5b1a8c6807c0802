#include "services/coordinator/api/model_service.h"

#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mlp/v1/model_service.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/wait.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "services/coordinator/job/model.h"
#include "services/coordinator/proto/model_proto.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {
namespace {

// The limit of a serialised model: the largest parameters, and room for the other fields.
constexpr std::size_t kMaxModelBytes = 8 * kMaxParameters + (std::size_t{16} << 20);
// The limit of all models that arrive at once. Each is in memory until all of it is there.
constexpr std::size_t kMaxImportBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxChunk = std::size_t{1} << 20;
constexpr std::chrono::seconds kTooManyRetry{5};

absl::Status CheckFirst(const v1::ImportModelRequest& first) {
  if (!first.name().empty()) {
    if (absl::Status status = CheckModelName(first.name()); !status.ok()) return status;
  }
  if (first.bytes() >= 1 && first.bytes() <= static_cast<std::int64_t>(kMaxModelBytes)) {
    return absl::OkStatus();
  }
  return FieldError("bytes", absl::StrCat("must be 1 to ", kMaxModelBytes, ", is ", first.bytes()));
}

absl::Status TooMuch() {
  return WithRetryAfter(absl::ResourceExhaustedError(absl::StrCat(
                            "models of ", kMaxImportBytes,
                            " bytes are being imported, which is the limit; try again later")),
                        kTooManyRetry);
}

absl::Status Append(const std::string& piece, std::size_t whole, std::string& bytes) {
  if (piece.empty() || piece.size() > kMaxChunk) {
    return FieldError("chunk",
                      absl::StrCat("must be 1 to ", kMaxChunk, " bytes, has ", piece.size()));
  }
  if (piece.size() > whole - bytes.size()) {
    return FieldError("chunk",
                      absl::StrCat("is more than the ", whole, " bytes that were to come"));
  }
  bytes += piece;
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Model>> Parse(std::string bytes) {
  v1::Model proto;
  if (!proto.ParseFromString(bytes)) return FieldError("chunk", "all of them are no mlp.v1.Model");
  bytes = std::string();  // room for the parameters
  return FromProto(proto);
}

// Holds room for a model while it arrives.
class Room {
 public:
  Room(std::size_t& taken, std::size_t bytes) : taken_(taken), bytes_(bytes) { taken_ += bytes_; }
  ~Room() { taken_ -= bytes_; }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

 private:
  std::size_t& taken_;
  const std::size_t bytes_;
};

}  // namespace

class ModelService::Generated final : public rpc::AsyncService<v1::ModelService> {};

class ModelService::Handlers {
 public:
  Handlers(Coordinator& coordinator, async::Workers& workers)
      : coordinator_(coordinator), workers_(workers) {}

  void Serve(rpc::Server& server, Generated& service);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;
  using Pieces = rpc::RequestStream<v1::ImportModelResponse, v1::ImportModelRequest>;

  Reply<v1::ImportModelResponse> ImportModel(Pieces& pieces);
  Reply<std::string> Receive(v1::ImportModelRequest first, Pieces& pieces);
  Reply<v1::ListModelsResponse> ListModels();
  Reply<v1::RemoveModelResponse> RemoveModel(const v1::RemoveModelRequest& request);

  Coordinator& coordinator_;
  async::Workers& workers_;
  std::size_t importing_ = 0;  // bytes
};

void ModelService::Handlers::Serve(rpc::Server& server, Generated& service) {
  rpc::ServePut(server, service, &Generated::ImportModel,
                [this](Pieces& pieces) { return ImportModel(pieces); });
  rpc::ServeUnary(server, service, &Generated::ListModels,
                  [this](const auto&) { return ListModels(); });
  rpc::ServeUnary(server, service, &Generated::RemoveModel,
                  [this](const auto& request) { return RemoveModel(request); });
}

auto ModelService::Handlers::ImportModel(Pieces& pieces) -> Reply<v1::ImportModelResponse> {
  std::optional<v1::ImportModelRequest> first = co_await pieces.Read();
  if (!first) co_return FieldError("bytes", "is required: no piece came");
  if (absl::Status status = CheckFirst(*first); !status.ok()) co_return status;
  const std::string name = first->name();
  const auto bytes_to_come = static_cast<std::size_t>(first->bytes());
  if (bytes_to_come > kMaxImportBytes - importing_) co_return TooMuch();
  const Room room(importing_, bytes_to_come);
  absl::StatusOr<std::string> bytes = co_await Receive(*std::move(first), pieces);
  if (!bytes.ok()) co_return bytes.status();
  auto parse = [&bytes] { return Parse(*std::move(bytes)); };
  absl::StatusOr<std::shared_ptr<const Model>> model =
      co_await async::Offload(workers_, std::move(parse));
  if (!model.ok()) co_return model.status();
  const absl::StatusOr<ModelRecord> record =
      co_await coordinator_.imported_models().Import(*std::move(model), name);
  if (!record.ok()) co_return record.status();
  v1::ImportModelResponse response;
  *response.mutable_model() = ToProto(*record);
  co_return response;
}

auto ModelService::Handlers::Receive(v1::ImportModelRequest first, Pieces& pieces)
    -> Reply<std::string> {
  const auto whole = static_cast<std::size_t>(first.bytes());
  std::string bytes;
  bytes.reserve(whole);  // the loop never has to copy the earlier chunks
  absl::Status status = Append(first.chunk(), whole, bytes);
  while (status.ok()) {
    const std::optional<v1::ImportModelRequest> next = co_await pieces.Read();
    if (!next) break;
    status = Append(next->chunk(), whole, bytes);
  }
  if (!status.ok()) co_return status;
  if (bytes.size() == whole) co_return bytes;
  co_return FieldError(
      "bytes", absl::StrCat("says ", whole, ", but only ", bytes.size(), " came; send it again"));
}

auto ModelService::Handlers::ListModels() -> Reply<v1::ListModelsResponse> {
  v1::ListModelsResponse response;
  for (const ModelRecord& record : coordinator_.imported_models().List()) {
    *response.add_models() = ToProto(record);
  }
  const std::vector<Job> jobs =
      coordinator_.List(std::numeric_limits<std::int64_t>::max(), SIZE_MAX);
  for (const Job& job : jobs) {
    if (job.state == JobState::kSucceeded) *response.add_models() = SummaryOf(job);
  }
  co_return response;
}

auto ModelService::Handlers::RemoveModel(const v1::RemoveModelRequest& request)
    -> Reply<v1::RemoveModelResponse> {
  if (coordinator_.Get(request.id()).ok()) {
    co_return absl::FailedPreconditionError(absl::StrCat("the model of ", request.id(),
                                                         " goes with its job: `mlp-client rm ",
                                                         request.id(), "` removes both"));
  }
  const absl::Status removed = co_await coordinator_.imported_models().Remove(request.id());
  if (!removed.ok()) co_return removed;
  co_return v1::RemoveModelResponse();
}

ModelService::ModelService() : generated_(std::make_unique<Generated>()) {}

ModelService::~ModelService() = default;

grpc::Service& ModelService::grpc() { return *generated_; }

void ModelService::Serve(rpc::Server& server, Coordinator& coordinator, async::Workers& workers) {
  handlers_ = std::make_unique<Handlers>(coordinator, workers);
  handlers_->Serve(server, *generated_);
}

}  // namespace mlp::coordinator
