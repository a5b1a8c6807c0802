// What every server program does around its server: logs to stderr, starts, says where it listens,
// waits for SIGINT or SIGTERM, stops.
#pragma once

#include <spdlog/spdlog.h>

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "services/program/signals.h"

namespace mlp::rpc {

// Program logs, in plain lines on stderr that begin with time, level and `program`; gRPC's own log
// among them.
void StartLog(const std::string& program);

// Debian's Abseil is built to look for deadlocks at each lock that gRPC takes, in a graph of all
// locks, which has a lock of its own. Call before gRPC is used.
void DoNotLookForDeadlocks();

// Logs the error; the exit code that goes with it: 2 for InvalidArgument (wrong usage), else 1.
int Fail(const absl::Status& status);

// Asks the server at the port of `listen` on this machine about `service`; exit code 0 or 1.
int HealthCheck(const std::string& listen, const std::string& service);

// Runs the server that `start()` returns (StatusOr of a pointer, with port() and Stop(grace)) until
// a termination signal. `listen` is where it was told to listen, `description` what else to log at
// the start. The exit code.
template <class Start>
int ServeUntilSignal(Start start, const std::string& listen, const std::string& description) {
  constexpr auto kGrace = std::chrono::seconds(5);
  BlockTerminationSignals();
  auto server = start();
  if (!server.ok()) return Fail(server.status());
  spdlog::info("listening on {}:{}", listen.substr(0, listen.rfind(':')), (*server)->port());
  spdlog::info(description);
  const int signal = WaitForTerminationSignal();
  spdlog::info("stopping on signal {}", signal);
  (*server)->Stop(kGrace);
  spdlog::info("stopped");
  return 0;
}

}  // namespace mlp::rpc
