#include "services/coordinator/api/model_service.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/async/wait.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "services/coordinator/job/model.h"
#include "services/coordinator/proto/model_proto.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kMaxPiece = std::size_t{1} << 20;
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
  if (piece.empty() || piece.size() > kMaxPiece) {
    return FieldError("chunk",
                      absl::StrCat("must be 1 to ", kMaxPiece, " bytes, has ", piece.size()));
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

// Room for a model that comes, until it is there.
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

void ModelServiceHandlers::Serve(rpc::Server& server, v1::ModelService::AsyncService& service) {
  using Service = v1::ModelService::AsyncService;
  rpc::ServePut(server, service, &Service::RequestImportModel,
                [this](Pieces& pieces) { return ImportModel(pieces); });
  rpc::ServeUnary(server, service, &Service::RequestListModels,
                  [this](const auto&) { return ListModels(); });
  rpc::ServeUnary(server, service, &Service::RequestRemoveModel,
                  [this](const auto& request) { return RemoveModel(request); });
}

auto ModelServiceHandlers::ImportModel(Pieces& pieces) -> Reply<v1::ImportModelResponse> {
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

auto ModelServiceHandlers::Receive(v1::ImportModelRequest first, Pieces& pieces)
    -> Reply<std::string> {
  const auto whole = static_cast<std::size_t>(first.bytes());
  std::string bytes;
  bytes.reserve(whole);  // so that the loop never has to copy what is there
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

auto ModelServiceHandlers::ListModels() -> Reply<v1::ListModelsResponse> {
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

auto ModelServiceHandlers::RemoveModel(const v1::RemoveModelRequest& request)
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

}  // namespace mlp::coordinator
