// observe ADDRESS: asks a coordinator for its jobs every 20 ms until SIGTERM, then prints how each
// call went, one a line: "answered SECONDS", or "unanswered ERROR".
//
// It is a program of its own so that nothing but the coordinator, and the machine, makes it wait.

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "mlp/v1/job.grpc.pb.h"
#include "services/rpc/channel.h"

namespace mlp::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kInterval = 20ms;
constexpr auto kPatience = 30s;

struct Notes {
  std::vector<double> seconds;
  std::vector<std::string> errors;
};

void Ask(v1::JobService::Stub& stub, Notes& notes) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::ListJobsResponse response;
  const Clock::time_point begin = Clock::now();
  const grpc::Status status = stub.ListJobs(&context, v1::ListJobsRequest(), &response);
  if (!status.ok()) {
    notes.errors.push_back(status.error_message());
    return;
  }
  // Calls that were due meanwhile would have waited for the same answer, and count.
  const std::chrono::duration<double> waited = Clock::now() - begin;
  const std::chrono::duration<double> interval = kInterval;
  for (auto left = waited; left.count() > 0; left -= interval) {
    notes.seconds.push_back(left.count());
  }
}

// Waits until a time. True if SIGTERM, which must be blocked, comes first.
bool Terminated(Clock::time_point until) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  const auto left = std::max<Clock::duration>(until - Clock::now(), 0ns);
  const timespec wait{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(left).count()};
  return sigtimedwait(&signals, nullptr, &wait) == SIGTERM;
}

void Observe(const std::string& address) {
  const auto stub = v1::JobService::NewStub(rpc::MakeChannel(address));
  Notes notes;
  Clock::time_point next;
  do {
    next = Clock::now() + kInterval;
    Ask(*stub, notes);
  } while (!Terminated(next));
  for (const double seconds : notes.seconds) std::printf("answered %.6f\n", seconds);
  for (const std::string& error : notes.errors) std::printf("unanswered %s\n", error.c_str());
}

}  // namespace
}  // namespace mlp::test

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before gRPC starts threads
  mlp::test::Observe(argv[1]);
  return 0;
}
