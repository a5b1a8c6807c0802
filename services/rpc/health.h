// The standard health service: whether the server serves, as a whole ("") and each service by name.
//
// It runs on the loop, like everything else: gRPC's own health service would start threads that
// poll beside the loop's and hand it every event over. Loop thread only.
#pragma once

#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/async/wait.h"
#include "services/rpc/budget.h"
#include "services/rpc/server_call.h"

namespace mlp::rpc {

class Health {
 public:
  using Request = grpc::health::v1::HealthCheckRequest;
  using Response = grpc::health::v1::HealthCheckResponse;

  // Watches that may be open: one for each of a cluster's probes, and more.
  static constexpr BudgetLimits kWatches{.all = 1000, .host = 100};

  // Starts as not serving. Watchers' calls end with `stop`.
  Health(async::Clock& clock, const std::vector<std::string>& services, std::stop_token stop);

  void SetServing(bool serving);

  // Returns the status; NotFound for a service that is not served.
  async::Task<absl::StatusOr<Response>> Check(const Request& request) const;
  // Sends the status at once and whenever it changes; SERVICE_UNKNOWN for a service that is not
  // served. ResourceExhausted if kWatches are open.
  async::Task<absl::Status> Watch(const Request& request, ServerStream<Response>& stream);

 private:
  Response::ServingStatus StatusOf(const std::string& service) const;

  const std::set<std::string> services_;
  const std::stop_token stop_;
  bool serving_ = false;
  Budget watches_{kWatches};
  async::Signal changed_;
};

}  // namespace mlp::rpc
