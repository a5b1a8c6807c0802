#include "services/rpc/grpc_log.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/base/repeat_limit.h"

namespace mlp::rpc {
namespace {

thread_local bool quiet = false;

// Any thread may say something, also one that ends after main.
struct Said {
  std::mutex mutex;
  RepeatLimit limit{std::chrono::seconds(1)};

  static Said& Instance() {
    static Said& said = *new Said;
    return said;
  }
};

// A kind is the line of code that says it: what it says may have a peer's bytes.
void Say(bool warn, const char* library, const char* file, int line, const std::string& text) {
  const auto level = warn ? spdlog::level::warn : spdlog::level::debug;
  if (!spdlog::should_log(level)) return;
  std::optional<std::int64_t> left_out;
  {
    Said& said = Said::Instance();
    const std::lock_guard lock(said.mutex);
    left_out = said.limit.Take(absl::StrCat(file, ":", line), std::chrono::steady_clock::now());
  }
  if (!left_out) return;
  const std::string others =
      *left_out == 0 ? "" : absl::StrCat(" (left out since: ", *left_out, " like it)");
  spdlog::log(level, "{}: {}{}", library, text, others);
}

void LogGrpc(gpr_log_func_args* line) {
  const bool warn = line->severity == GPR_LOG_SEVERITY_ERROR && !quiet;
  Say(warn, "gRPC", line->file, line->line, line->message);
}

void LogProtobuf(google::protobuf::LogLevel level, const char* file, int line,
                 const std::string& message) {
  Say(level >= google::protobuf::LOGLEVEL_ERROR, "libprotobuf", file, line, message);
}

}  // namespace

void LogWhatGrpcSays() {
  gpr_set_log_function(&LogGrpc);
  google::protobuf::SetLogHandler(&LogProtobuf);
}

QuietGrpc::QuietGrpc() { quiet = true; }
QuietGrpc::~QuietGrpc() { quiet = false; }

}  // namespace mlp::rpc
