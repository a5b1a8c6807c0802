#include "services/program/server_program.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "libmlp/kernels/kernels.h"
#include "services/base/address.h"
#include "services/base/printable.h"
#include "services/base/utf8.h"
#include "services/program/descriptor_limit.h"
#include "services/program/healthcheck.h"
#include "services/program/log.h"
#include "services/program/options.h"
#include "services/program/privacy.h"
#include "services/rpc/connections/listener.h"

namespace mlp::program {
namespace {

// Debian's Abseil is built to look for deadlocks at each lock that gRPC takes, in a graph of all
// locks, which has a lock of its own.
void DoNotLookForDeadlocks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

// Paths are bytes. All other options may become part of messages, which are UTF-8.
absl::Status CheckTexts(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if (type == "DIR" || type == "FILE") continue;
    for (const std::string& text : option->results()) {
      if (IsUtf8(text)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(option->get_name(), ": '", Printable(text), "' is not text in UTF-8"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

ServerProgram::ServerProgram(ServerTexts texts)
    : texts_(std::move(texts)), app_(texts_.description) {
  DoNotLookForDeadlocks();
  RaiseDescriptorLimit();
  StartLog(texts_.name, "%Y-%m-%dT%H:%M:%S.%e %^%l%$ %n: %v");
  app_.footer(texts_.footer);
}

std::optional<int> ServerProgram::Parse(int argc, char** argv) {
  app_.add_option("--log-level", log_level_,
                  "Least serious messages that it prints to standard error")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  app_.add_flag("--healthcheck", healthcheck_,
                absl::StrCat("Ask the ", texts_.server,
                             " at --listen on this machine whether it serves; exit 0 or 1"));
  app_.add_flag("--core-dumps", core_dumps_,
                "Let a core dump hold this process's memory, with all data and models in it");
  app_.set_version_flag("--version", absl::StrCat(texts_.name, " ", MLP_VERSION));
  TakeFromEnvironment(app_, texts_.name);
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app_.exit(error);
    std::cerr << NamingVariables(app_, error.what()) << "\n"
              << texts_.name << " --help tells more\n";
    return 2;
  }
  KeepFilesPrivate();
  if (!core_dumps_) KeepMemoryOutOfCoreDumps();
  spdlog::set_level(spdlog::level::from_str(log_level_));
  if (const absl::Status texts = CheckTexts(app_); !texts.ok()) return Fail(texts);
  const std::vector<std::string> taken = VariablesTaken(app_);
  if (!taken.empty() && !healthcheck_) {
    spdlog::info("options from the environment: {}", absl::StrJoin(taken, ", "));
  }
  if (const absl::Status set = CheckChosenInstructionSet(); !set.ok()) return Fail(set);
  return std::nullopt;
}

int ServerProgram::HealthCheck(const std::string& listen) const {
  absl::Status status = CheckHealthOf(listen, texts_.service, std::chrono::seconds(2));
  if (status.ok()) return 0;
  spdlog::error("{}", std::string(status.message()));
  return 1;
}

int ServerProgram::Refuse(const absl::Status& status) const {
  return Fail(absl::Status(status.code(), NamingVariables(app_, std::string(status.message()))));
}

int Fail(const absl::Status& status) {
  spdlog::error("{}", std::string(status.message()));
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

void LogListening(const std::string& listen, int port) {
  auto address = ParseAddress(listen, AddressUse::kListen);
  if (!address.ok()) return;  // the server would not listen there
  address->port = static_cast<std::uint16_t>(port);
  spdlog::info("listening on {}", ToString(*address));
  const std::uint64_t descriptors = rpc::DescriptorLimit();
  const rpc::ConnectionLimits limits = rpc::LimitsFor(descriptors);
  spdlog::info("keeps {} connections at most, {} from one address, of {} file descriptors",
               limits.connections, limits.connections_each, descriptors);
}

}  // namespace mlp::program
