// The frame of every server program around its server: it reads the command line, logs to stderr,
// answers --healthcheck, and says where it listens.
//
//   ServerProgram program(texts);
//   ...                                                   // declares its own in program.app()
//   if (const auto exit_code = program.Parse(argc, argv)) return *exit_code;
//   if (program.healthcheck()) return program.HealthCheck(options.listen);
//   ...                                                   // serves
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace mlp::program {

struct ServerTexts {
  std::string name;         // "mlp-node"
  std::string server;       // the server that --healthcheck asks: "node"
  std::string service;      // the service that it asks about: "mlp.v1.NodeService"
  std::string description;  // for --help, as is the footer
  std::string footer;
};

class ServerProgram {
 public:
  // Sends program logs, gRPC's own among them, to stderr from here on, in plain lines that begin
  // with time, level and name. Raises the limit of descriptors. Construct it before gRPC is used.
  explicit ServerProgram(ServerTexts texts);

  CLI::App& app() { return app_; }
  // Declares --log-level, --healthcheck, --core-dumps and --version after the options that app()
  // has, and reads the arguments, and from the environment the options that these lack
  // (TakeFromEnvironment); the log says which those are. Keeps what the process has private from
  // then on (privacy.h); with --core-dumps only its files. Returns the exit code if the program is
  // to end: --help or --version was answered, the usage is wrong (an option that is no path must be
  // UTF-8), or this processor lacks the instruction set that was asked for.
  std::optional<int> Parse(int argc, char** argv);

  // Tells whether --healthcheck was given.
  bool healthcheck() const { return healthcheck_; }
  // Asks the server that listens at `listen`, on this machine, whether it serves. Returns exit code
  // 0 or 1.
  int HealthCheck(const std::string& listen) const;
  // The same as Fail below, for what is wrong with an option: names its variable if it came from
  // there.
  int Refuse(const absl::Status& status) const;

 private:
  const ServerTexts texts_;
  CLI::App app_;
  std::string log_level_ = "info";
  bool healthcheck_ = false;
  bool core_dumps_ = false;
};

// Logs the error and returns its exit code: 2 for InvalidArgument (wrong usage), else 1.
int Fail(const absl::Status& status);

// Logs the host of `listen` and the port that the server has, or the path of its socket, and how
// many connections it keeps.
void LogListening(const std::string& listen, int port);

}  // namespace mlp::program
