#include "services/program/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <string_view>
#include <utility>

#include "services/base/printable.h"
#include "services/rpc/grpc_log.h"

namespace mlp::program {
namespace {

class PrintableMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& to) override {
    const std::string text = Printable({message.payload.data(), message.payload.size()});
    to.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PrintableMessage>();
  }
};

}  // namespace

void StartLog(const std::string& program, const std::string& pattern) {
  auto logger = spdlog::stderr_color_mt(program);
  logger->set_formatter(PrintableFormatter(pattern));
  spdlog::set_default_logger(std::move(logger));
  rpc::LogWhatGrpcSays();
}

std::unique_ptr<spdlog::formatter> PrintableFormatter(const std::string& pattern) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PrintableMessage>('v').set_pattern(pattern);
  return formatter;
}

}  // namespace mlp::program
