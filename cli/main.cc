// mlp-client: the command line of mlp-cluster.
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "cli/client/errors.h"
#include "cli/client/standard_streams.h"
#include "cli/command_line.h"
#include "libmlp/kernels/kernels.h"
#include "services/program/descriptor_limit.h"
#include "services/program/uncaught.h"

namespace mlp::cli {
namespace {

int Main(const std::vector<std::string>& arguments) {
  program::RaiseDescriptorLimit();  // a cluster inside this process needs hundreds
  Interrupt interrupt;
  const auto parsed = ParseCommandLine(arguments);
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) {
    (early->exit_code == kExitDone ? std::cout : std::cerr) << early->text;
    return early->exit_code;
  }
  if (const absl::Status set = CheckChosenInstructionSet(); !set.ok()) {
    std::cerr << "mlp-client: " << set.message() << '\n';
    return kExitUsage;
  }
  const auto& line = std::get<CommandLine>(parsed);
  const Session session{line.coordinator, line.json, StandardTerminal(), interrupt};
  return line.run(session);
}

}  // namespace
}  // namespace mlp::cli

int main(int argc, char** argv) {
  mlp::program::ExplainUncaught("mlp-client");
  const mlp::cli::StandardStreams streams;
  const int code = mlp::cli::Main({argv + 1, argv + argc});
  if (std::cout.flush()) return code;
  std::cerr << "mlp-client: cannot write to standard output; is the disk full?\n";
  return code == mlp::cli::kExitDone ? mlp::cli::kExitFailed : code;
}
