// A query to a server's standard health service, for --healthcheck.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"

namespace mlp::program {

// Returns OK if `service` ("" for the server as a whole) at `address` answers SERVING within
// `timeout`, otherwise an error that says what it answered. Blocks; not for the loop thread.
absl::Status CheckHealth(const std::string& address, const std::string& service,
                         std::chrono::milliseconds timeout);

}  // namespace mlp::program
