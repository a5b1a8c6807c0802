#include "services/program/log.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "mlp/v1/cluster.pb.h"
#include "services/rpc/grpc_log.h"

namespace mlp::program {
namespace {

using Catch::Contains;

// What is logged during its life, in the lines of a server program.
class Logged {
 public:
  Logged() : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    auto logger = std::make_shared<spdlog::logger>("mlp-test", std::move(sink));
    logger->set_formatter(PrintableFormatter("%l %n: %v"));
    spdlog::set_default_logger(std::move(logger));
  }
  ~Logged() { spdlog::set_default_logger(before_); }
  Logged(const Logged&) = delete;
  Logged& operator=(const Logged&) = delete;

  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

// The lines of `text`.
std::ptrdiff_t Lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST_CASE("a log line is one line without a control sequence, whoever wrote its text") {
  const Logged logged;
  spdlog::warn("node {} is refused", "evil\x1b[2J\n2026-01-01 info mlp-coordinator: FORGED \u202e");
  CHECK(logged.text() ==
        "warning mlp-test: node evil\\x1b[2J\\n2026-01-01 info mlp-coordinator: FORGED \\u202e is "
        "refused\n");
}

TEST_CASE("a log line has a limit") {
  const Logged logged;
  spdlog::warn("{}", std::string(1'000'000, 'x'));
  CHECK(logged.text().size() < 5000);
}

TEST_CASE("what gRPC says is in the log, once a second for each kind") {
  const Logged logged;
  rpc::LogWhatGrpcSays();
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);  // as gRPC does at its first use
  for (int i = 0; i < 1000; ++i) {
    gpr_log("a.cc", 1, GPR_LOG_SEVERITY_ERROR, "Error parsing metadata: zz\x1b[31m\nFORGED");
  }
  gpr_log("a.cc", 2, GPR_LOG_SEVERITY_ERROR, "another kind");
  CHECK_THAT(logged.text(), Contains("warning mlp-test: gRPC: Error parsing metadata: "
                                     "zz\\x1b[31m\\nFORGED\n") &&
                                Contains("gRPC: another kind\n"));
  CHECK(Lines(logged.text()) <= 10);  // two, unless this took seconds
}

TEST_CASE("what libprotobuf says is in the log, once a second for each kind") {
  const Logged logged;
  rpc::LogWhatGrpcSays();
  v1::DrainNodeRequest request;
  request.set_name("caf\xe9");
  for (int i = 0; i < 1000; ++i) request.SerializeAsString();
  CHECK_THAT(logged.text(), Contains("warning mlp-test: libprotobuf: ") && Contains("UTF-8"));
  CHECK(Lines(logged.text()) <= 10);
}

}  // namespace
}  // namespace mlp::program
