// The log of a program: lines on stderr, one for each message, whoever wrote its text.
#pragma once

#include <spdlog/formatter.h>

#include <memory>
#include <string>

namespace mlp::program {

// Sends the program's log to stderr from here on, and what gRPC and libprotobuf say with it
// (services/rpc/grpc_log.h). `pattern` is spdlog's. Call it once, before gRPC is used.
void StartLog(const std::string& program, const std::string& pattern);

// Returns the formatter of such a log, whose messages ("%v" in `pattern`) are Printable.
std::unique_ptr<spdlog::formatter> PrintableFormatter(const std::string& pattern);

}  // namespace mlp::program
