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

// Asks the server that listens at `listen`, which is on this machine, in the same way. For a
// wildcard it asks 127.0.0.1 and, if nothing answers there, ::1. InvalidArgument if that has no
// port but 0.
absl::Status CheckHealthOf(const std::string& listen, const std::string& service,
                           std::chrono::milliseconds timeout);

}  // namespace mlp::program
