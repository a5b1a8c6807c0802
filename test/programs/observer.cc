#include "test/programs/observer.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kInterval = 20ms;
constexpr auto kPatience = 30s;

}  // namespace

double Answers::Within(double share) const {
  if (seconds.empty()) return 0;
  const auto last = static_cast<double>(seconds.size() - 1);
  return seconds[static_cast<std::size_t>(share * last)];
}

Observer::Observer(std::shared_ptr<grpc::Channel> channel)
    : stub_(v1::JobService::NewStub(std::move(channel))),
      thread_([this](std::stop_token stop) { Run(std::move(stop)); }) {}

Answers Observer::Stop() {
  thread_.request_stop();
  thread_.join();
  std::ranges::sort(answers_.seconds);
  return std::move(answers_);
}

void Observer::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const Clock::time_point next = Clock::now() + kInterval;
    Ask();
    std::this_thread::sleep_until(next);
  }
}

void Observer::Ask() {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::ListJobsResponse response;
  const Clock::time_point begin = Clock::now();
  const grpc::Status status = stub_->ListJobs(&context, v1::ListJobsRequest(), &response);
  if (!status.ok()) {
    ++answers_.unanswered[absl::StrCat(status.error_message(), " (", status.error_code(), ")")];
    return;
  }
  // Calls that were due meanwhile would have waited for the same answer, and count.
  const std::chrono::duration<double> waited = Clock::now() - begin;
  const std::chrono::duration<double> interval = kInterval;
  for (auto left = waited; left.count() > 0; left -= interval) {
    answers_.seconds.push_back(left.count());
  }
}

}  // namespace mlp::test
