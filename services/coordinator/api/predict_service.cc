#include "services/coordinator/api/predict_service.h"

#include <string>
#include <utility>

#include "mlp/v1/predict.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/wait.h"
#include "services/base/out_of_memory.h"
#include "services/coordinator/api/predict_rows.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {

class PredictService::Generated final : public rpc::AsyncService<v1::PredictService> {};

class PredictService::Handlers {
 public:
  Handlers(Coordinator& coordinator, async::Workers& workers)
      : coordinator_(coordinator), workers_(workers) {}

  void Serve(rpc::Server& server, Generated& service);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;

  Reply<v1::PredictResponse> Predict(const v1::PredictRequest& request);

  Coordinator& coordinator_;
  async::Workers& workers_;
};

void PredictService::Handlers::Serve(rpc::Server& server, Generated& service) {
  rpc::ServeUnary(server, service, &Generated::Predict,
                  [this](const auto& request) { return Predict(request); });
}

auto PredictService::Handlers::Predict(const v1::PredictRequest& request)
    -> Reply<v1::PredictResponse> {
  if (absl::Status status = CheckPredict(request); !status.ok()) co_return status;
  const absl::StatusOr<std::shared_ptr<const Model>> model =
      co_await coordinator_.GetModel(request.model_id());
  if (!model.ok()) co_return model.status();
  auto predict =
      WithinMemory("the rows", [&model, &request] { return PredictRows(**model, request); });
  co_return co_await async::Offload(workers_, std::move(predict));
}

PredictService::PredictService() : generated_(std::make_unique<Generated>()) {}

PredictService::~PredictService() = default;

grpc::Service& PredictService::grpc() { return *generated_; }

void PredictService::Serve(rpc::Server& server, Coordinator& coordinator, async::Workers& workers) {
  handlers_ = std::make_unique<Handlers>(coordinator, workers);
  handlers_->Serve(server, *generated_);
}

}  // namespace mlp::coordinator
