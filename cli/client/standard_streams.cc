#include "cli/client/standard_streams.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <iostream>

#include "services/program/log.h"

namespace mlp::cli {

StandardStreams::StandardStreams() : err_(std::cerr) {
  if (isatty(STDOUT_FILENO) == 1) out_.emplace(std::cout);
  program::StartLog("mlp-client", "%n: %v");
  spdlog::set_level(spdlog::level::warn);
}

}  // namespace mlp::cli
