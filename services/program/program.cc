#include "services/program/program.h"

#include <spdlog/sinks/stdout_color_sinks.h>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "services/program/healthcheck.h"
#include "services/rpc/grpc_log.h"

namespace mlp::rpc {

void StartLog(const std::string& program) {
  spdlog::set_default_logger(spdlog::stderr_color_mt(program));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %n: %v");
  LogWhatGrpcSays();
}

void DoNotLookForDeadlocks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

int Fail(const absl::Status& status) {
  spdlog::error("{}", std::string(status.message()));
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

int HealthCheck(const std::string& listen, const std::string& service) {
  const std::string address = absl::StrCat("127.0.0.1:", listen.substr(listen.rfind(':') + 1));
  const absl::Status status = CheckHealth(address, service, std::chrono::seconds(2));
  if (status.ok()) return 0;
  spdlog::error("{}", std::string(status.message()));
  return 1;
}

}  // namespace mlp::rpc
