// A client for the coordinator's models, with a method for each call. JobClient fetches and
// measures them.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/client/session.h"
#include "mlp/v1/model_service.pb.h"

namespace mlp::v1 {
class ModelService;
}

namespace mlp::cli {

template <class Service>
class Connection;

// Connects, waits and ends calls as JobClient does.
class ModelClient {
 public:
  explicit ModelClient(const Session& session);
  ~ModelClient();
  ModelClient(const ModelClient&) = delete;
  ModelClient& operator=(const ModelClient&) = delete;

  // Sends `bytes`, a serialised mlp.v1.Model, in pieces, and returns the summary of the imported
  // model. Has no time limit.
  absl::StatusOr<v1::ModelSummary> ImportModel(const std::string& name, const std::string& bytes);
  absl::StatusOr<v1::ListModelsResponse> ListModels();
  absl::StatusOr<v1::RemoveModelResponse> RemoveModel(const std::string& id);

 private:
  const std::unique_ptr<Connection<v1::ModelService>> connection_;
};

}  // namespace mlp::cli
