#include "services/rpc/grpc_log.h"

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

namespace mlp::rpc {
namespace {

thread_local bool quiet = false;

void Log(gpr_log_func_args* line) {
  const bool warn = line->severity == GPR_LOG_SEVERITY_ERROR && !quiet;
  spdlog::log(warn ? spdlog::level::warn : spdlog::level::debug, "gRPC: {}", line->message);
}

}  // namespace

void LogWhatGrpcSays() { gpr_set_log_function(&Log); }

QuietGrpc::QuietGrpc() { quiet = true; }
QuietGrpc::~QuietGrpc() { quiet = false; }

}  // namespace mlp::rpc
