#include "services/coordinator/api/predict_service.h"

#include <utility>

#include "services/async/wait.h"
#include "services/coordinator/api/predict_rows.h"

namespace mlp::coordinator {

void PredictServiceHandlers::Serve(rpc::Server& server, v1::PredictService::AsyncService& service) {
  rpc::ServeUnary(server, service, &v1::PredictService::AsyncService::RequestPredict,
                  [this](const auto& request) { return Predict(request); });
}

auto PredictServiceHandlers::Predict(const v1::PredictRequest& request)
    -> Reply<v1::PredictResponse> {
  if (absl::Status status = CheckPredict(request); !status.ok()) co_return status;
  const absl::StatusOr<std::shared_ptr<const Model>> model = co_await Load(request.model_id());
  if (!model.ok()) co_return model.status();
  auto predict = [&model, &request] { return PredictRows(**model, request); };
  co_return co_await async::Offload(workers_, std::move(predict));
}

auto PredictServiceHandlers::Load(std::string id) -> Reply<std::shared_ptr<const Model>> {
  const absl::StatusOr<std::string> version = coordinator_.ModelVersion(id);
  if (!version.ok()) co_return version.status();
  std::shared_ptr<const Model> kept = cache_.Find(id, *version);
  if (kept != nullptr) co_return kept;
  absl::StatusOr<std::shared_ptr<const Model>> model = co_await coordinator_.GetModel(id);
  if (model.ok()) cache_.Add(std::move(id), *version, *model);
  co_return model;
}

}  // namespace mlp::coordinator
