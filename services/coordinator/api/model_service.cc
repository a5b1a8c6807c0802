#include "services/coordinator/api/model_service.h"

#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mlp/v1/model_service.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/wait.h"
#include "services/base/field_error.h"
#include "services/base/out_of_memory.h"
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

// The bytes of a model as they come, in blocks: nothing is taken before it came, and nothing is
// copied when more comes. Counts them in `taken`, which is for all that come at the same time.
class Arrival {
 public:
  Arrival(std::size_t whole, std::size_t& taken) : whole_(whole), taken_(taken) {}
  ~Arrival() { taken_ -= bytes_; }
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

  absl::Status Add(std::string piece) {
    if (piece.empty() || piece.size() > kMaxChunk) {
      return FieldError("chunk",
                        absl::StrCat("must be 1 to ", kMaxChunk, " bytes, has ", piece.size()));
    }
    if (piece.size() > whole_ - bytes_) {
      return FieldError("chunk",
                        absl::StrCat("is more than the ", whole_, " bytes that were to come"));
    }
    if (piece.size() > kMaxImportBytes - taken_) return TooMuch();
    bytes_ += piece.size();
    taken_ += piece.size();
    if (!blocks_.empty() && blocks_.back().size() + piece.size() <= kMaxChunk) {
      blocks_.back() += piece;
    } else {
      blocks_.push_back(std::move(piece));
    }
    return absl::OkStatus();
  }

  absl::Status CheckComplete() const {
    if (bytes_ == whole_) return absl::OkStatus();
    return FieldError("bytes",
                      absl::StrCat("says ", whole_, ", but only ", bytes_, " came; send it again"));
  }

  // Frees the blocks. ResourceExhausted if there is no memory for the model.
  absl::StatusOr<std::shared_ptr<const Model>> Parse() {
    try {
      return ParseBlocks();
    } catch (const std::bad_alloc&) {
      return absl::ResourceExhaustedError(absl::StrCat("there is no memory for a model of ", whole_,
                                                       " bytes beside what the coordinator holds"));
    }
  }

 private:
  absl::StatusOr<std::shared_ptr<const Model>> ParseBlocks() {
    using google::protobuf::io::ArrayInputStream;
    std::deque<ArrayInputStream> streams;
    std::vector<google::protobuf::io::ZeroCopyInputStream*> all;
    for (const std::string& block : blocks_) {
      all.push_back(&streams.emplace_back(block.data(), static_cast<int>(block.size())));
    }
    google::protobuf::io::ConcatenatingInputStream joined(all.data(), static_cast<int>(all.size()));
    v1::Model proto;
    if (!proto.ParseFromZeroCopyStream(&joined)) {
      return FieldError("chunk", "all of them are no mlp.v1.Model");
    }
    blocks_.clear();  // room for the parameters
    return FromProto(proto);
  }

  const std::size_t whole_;
  std::size_t& taken_;
  std::size_t bytes_ = 0;
  std::vector<std::string> blocks_;  // two neighbours have more than kMaxChunk bytes
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
  async::Task<absl::Status> Receive(v1::ImportModelRequest first, Pieces& pieces, Arrival& arrival);
  Reply<v1::ListModelsResponse> ListModels();
  Reply<v1::RemoveModelResponse> RemoveModel(const v1::RemoveModelRequest& request);

  Coordinator& coordinator_;
  async::Workers& workers_;
  std::size_t importing_ = 0;  // bytes of models that have come
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
  Arrival arrival(static_cast<std::size_t>(first->bytes()), importing_);
  const absl::Status received = co_await Receive(*std::move(first), pieces, arrival);
  if (!received.ok()) co_return received;
  auto parse = WithinMemory("the model", [&arrival] { return arrival.Parse(); });
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

async::Task<absl::Status> ModelService::Handlers::Receive(v1::ImportModelRequest first,
                                                          Pieces& pieces, Arrival& arrival) {
  absl::Status status = arrival.Add(std::move(*first.mutable_chunk()));
  while (status.ok()) {
    std::optional<v1::ImportModelRequest> next = co_await pieces.Read();
    if (!next) break;
    status = arrival.Add(std::move(*next->mutable_chunk()));
  }
  status.Update(arrival.CheckComplete());
  co_return status;
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
