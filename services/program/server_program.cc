#include "services/program/server_program.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "libmlp/kernels/kernels.h"
#include "services/program/healthcheck.h"
#include "services/program/privacy.h"
#include "services/rpc/grpc_log.h"

namespace mlp::program {
namespace {

// Debian's Abseil is built to look for deadlocks at each lock that gRPC takes, in a graph of all
// locks, which has a lock of its own.
void DoNotLookForDeadlocks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

void StartLog(const std::string& program) {
  spdlog::set_default_logger(spdlog::stderr_color_mt(program));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %n: %v");
  rpc::LogWhatGrpcSays();
}

}  // namespace

ServerProgram::ServerProgram(ServerTexts texts)
    : texts_(std::move(texts)), app_(texts_.description) {
  DoNotLookForDeadlocks();
  StartLog(texts_.name);
  app_.footer(texts_.footer);
}

std::optional<int> ServerProgram::Parse(int argc, char** argv) {
  app_.add_option("--log-level", log_level_,
                  "Least serious messages that it prints to standard error")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  app_.add_flag("--healthcheck", healthcheck_,
                absl::StrCat("Ask the ", texts_.server, " at --listen's port on this machine ",
                             "whether it serves; exit 0 or 1"));
  app_.add_flag("--core-dumps", core_dumps_,
                "Let a core dump hold this process's memory, with all data and models in it");
  app_.set_version_flag("--version", absl::StrCat(texts_.name, " ", MLP_VERSION));
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_.exit(error) == 0 ? 0 : 2;
  }
  KeepFilesPrivate();
  if (!core_dumps_) KeepMemoryOutOfCoreDumps();
  spdlog::set_level(spdlog::level::from_str(log_level_));
  if (const absl::Status set = CheckChosenInstructionSet(); !set.ok()) return Fail(set);
  return std::nullopt;
}

int ServerProgram::HealthCheck(const std::string& listen) const {
  const std::string address = absl::StrCat("127.0.0.1:", listen.substr(listen.rfind(':') + 1));
  const absl::Status status = CheckHealth(address, texts_.service, std::chrono::seconds(2));
  if (status.ok()) return 0;
  spdlog::error("{}", std::string(status.message()));
  return 1;
}

int Fail(const absl::Status& status) {
  spdlog::error("{}", std::string(status.message()));
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

void LogListening(const std::string& listen, int port) {
  spdlog::info("listening on {}:{}", listen.substr(0, listen.rfind(':')), port);
}

}  // namespace mlp::program
