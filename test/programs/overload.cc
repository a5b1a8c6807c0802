// overload: 10,000 CreateJob calls as fast as one client can, and 500 watchers of which 50 never
// read, while a job runs.
//
//   overload [--calls N] [--watchers N] [--silent N]
//
// Prints how the calls were answered, the coordinator's peak memory, and the job's time against
// that of an undisturbed job of the same run. Exit code 1 if a call was not answered, a refusal has
// no retry hint, a watcher has missed an event, memory passes 1 GiB, or the job took more than 1.3
// times as long.

#include <grpcpp/completion_queue.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "mlp/v1/job.grpc.pb.h"
#include "services/base/retry_after.h"
#include "services/rpc/channel.h"
#include "services/rpc/status.h"
#include "test/programs/usage.h"
#include "test/support/program_cluster.h"

namespace mlp::test {
namespace {

using namespace std::chrono_literals;

struct Load {
  int calls = 10'000;
  int watchers = 500;
  int silent = 50;
};

v1::CreateJobRequest LongJob() {
  v1::CreateJobRequest request;
  request.mutable_spec()->set_dataset("letters");
  request.mutable_spec()->set_rounds(100);
  return request;
}

std::string Submit(v1::JobService::Stub& stub, const v1::CreateJobRequest& request) {
  grpc::ClientContext context;
  v1::CreateJobResponse response;
  const grpc::Status status = stub.CreateJob(&context, request, &response);
  if (!status.ok()) throw std::runtime_error(status.error_message());
  return response.job().id();
}

// Streams of a job's events, some of which are never read; the others are read to their end, on one
// thread.
class Watchers {
 public:
  Watchers(v1::JobService::Stub& stub, const std::string& id, int count, int silent) {
    v1::WatchJobRequest request;
    request.set_id(id);
    for (int i = 0; i < count; ++i) {
      watchers_.push_back(std::make_unique<Watcher>());
      Watcher& watcher = *watchers_.back();
      watcher.silent = i < silent;
      watcher.reader = stub.AsyncWatchJob(&watcher.context, request, &queue_, &watcher);
    }
    reading_ = count - silent;
    thread_ = std::jthread([this] { Read(); });
  }
  ~Watchers() {
    for (const auto& watcher : watchers_) watcher->context.TryCancel();
    thread_ = {};
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  // Waits until all but the silent ones have ended. Returns how many events each has seen, without
  // a gap; the fewest first.
  std::multiset<std::int64_t> Events() {
    thread_.join();
    std::multiset<std::int64_t> events;
    for (const auto& watcher : watchers_) {
      if (!watcher->silent) events.insert(watcher->whole ? watcher->events : 0);
    }
    return events;
  }

 private:
  struct Watcher {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientAsyncReader<v1::WatchJobResponse>> reader;
    v1::WatchJobResponse response;
    bool silent = false;
    std::int64_t events = 0;
    bool whole = true;  // no event is missing or came twice
  };

  void Read() {
    void* tag = nullptr;
    bool ok = false;
    while (reading_ > 0 && queue_.Next(&tag, &ok)) {
      auto& watcher = *static_cast<Watcher*>(tag);
      for (const v1::JobEvent& event : watcher.response.events()) {
        watcher.whole = watcher.whole && event.sequence() == ++watcher.events;
      }
      watcher.response.Clear();
      if (watcher.silent) continue;
      if (!ok) --reading_;
      if (ok) watcher.reader->Read(&watcher.response, &watcher);
    }
  }

  std::vector<std::unique_ptr<Watcher>> watchers_;
  grpc::CompletionQueue queue_;
  int reading_ = 0;
  std::jthread thread_;
};

// Returns how many calls ended with which code; refusals without a retry hint count under "no
// hint".
std::map<std::string, int> Flood(v1::JobService::Stub& stub, int calls) {
  struct Call {
    grpc::ClientContext context;
    v1::CreateJobResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::CreateJobResponse>> reader;
  };
  v1::CreateJobRequest request;
  request.mutable_spec()->set_dataset("letters");
  request.mutable_spec()->set_rounds(1);
  grpc::CompletionQueue queue;
  for (int i = 0; i < calls; ++i) {
    auto* call = new Call;
    call->context.set_deadline(std::chrono::system_clock::now() + 60s);
    call->reader = stub.AsyncCreateJob(&call->context, request, &queue);
    call->reader->Finish(&call->response, &call->status, call);
  }
  std::map<std::string, int> answers;
  for (int i = 0; i < calls; ++i) {
    void* tag = nullptr;
    bool ok = false;
    if (!queue.Next(&tag, &ok)) break;
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    const absl::Status status = rpc::FromGrpcStatus(call->status);
    ++answers[absl::StatusCodeToString(status.code())];
    if (absl::IsResourceExhausted(status) && !RetryAfterOf(status)) ++answers["no hint"];
  }
  queue.Shutdown();
  return answers;
}

// Waits for the job's end; returns the seconds that it ran.
double Duration(v1::JobService::Stub& stub, const std::string& id) {
  Watchers(stub, id, 1, 0).Events();
  grpc::ClientContext context;
  v1::GetJobRequest request;
  request.set_id(id);
  v1::GetJobResponse response;
  stub.GetJob(&context, request, &response);
  const v1::Job& job = response.job();
  if (job.state() != v1::JOB_STATE_SUCCEEDED) throw std::runtime_error(id + ": " + job.detail());
  using google::protobuf::util::TimeUtil;
  return static_cast<double>(TimeUtil::DurationToNanoseconds(job.end_time() - job.start_time())) /
         1e9;
}

int Overload(const Load& load) {
  ProgramClusterOptions options;
  options.load_probability = 0.5;
  options.load_delay = "50ms";
  ProgramCluster cluster(options);
  const auto channel = rpc::MakeChannel(cluster.coordinator_address());
  const auto stub = v1::JobService::NewStub(channel);
  const double undisturbed = Duration(*stub, Submit(*stub, LongJob()));
  const double memory_before = UsageOf(cluster.coordinator_pid()).peak;

  const std::string id = Submit(*stub, LongJob());
  Watchers watchers(*stub, id, load.watchers, load.silent);
  const auto begin = std::chrono::steady_clock::now();
  const std::map<std::string, int> answers = Flood(*stub, load.calls);
  const std::chrono::duration<double> flood = std::chrono::steady_clock::now() - begin;
  const double disturbed = Duration(*stub, id);
  const std::multiset<std::int64_t> events = watchers.Events();
  const std::int64_t fewest = *events.begin();
  const std::int64_t most = *events.rbegin();
  const double memory = UsageOf(cluster.coordinator_pid()).peak;

  int answered = 0;
  std::printf("%d CreateJob calls in %.2f s:", load.calls, flood.count());
  for (const auto& [code, count] : answers) {
    std::printf(" %d %s", count, code.c_str());
    if (code != "no hint") answered += count;
  }
  std::printf("\n%d watchers, %d of which never read; the others saw %lld events each\n",
              load.watchers, load.silent, static_cast<long long>(most));
  std::printf("peak memory of the coordinator: %.0f MiB (%.0f MiB before)\n", memory,
              memory_before);
  std::printf("job: %.2f s, undisturbed %.2f s: %.2f times\n", disturbed, undisturbed,
              disturbed / undisturbed);
  const bool good = answered == load.calls && !answers.contains("no hint") &&
                    !answers.contains("DEADLINE_EXCEEDED") && fewest == most && most > 0 &&
                    memory < 1024 && disturbed <= 1.3 * undisturbed;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace mlp::test

int main(int argc, char** argv) {
  CLI::App app("Many calls and many watchers while a job runs");
  mlp::test::Load load;
  app.add_option("--calls", load.calls)->capture_default_str();
  app.add_option("--watchers", load.watchers)->capture_default_str();
  app.add_option("--silent", load.silent)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return mlp::test::Overload(load);
}
