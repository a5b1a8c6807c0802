// The client as a user runs it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "test/support/process.h"

namespace mlp::cli {

inline const std::string kClient = MLP_BIN_DIR "/mlp-client";

// Returns the command that gives it `arguments` and a coordinator at `address`.
inline std::vector<std::string> ClientOf(const std::string& address,
                                         std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kClient, "--coordinator", address});
  return arguments;
}

// Runs that command to its end.
inline test::ProcessResult RunClient(const std::string& address,
                                     std::vector<std::string> arguments) {
  return test::Run(ClientOf(address, std::move(arguments)));
}

}  // namespace mlp::cli
