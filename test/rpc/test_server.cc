#include "test/rpc/test_server.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <climits>
#include <utility>

#include "services/async/wait.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"

namespace mlp::rpc {

using v1::JobService;
using v1::NodeService;

TestServer::TestServer(const std::string& listen, std::optional<ConnectionLimits> limits) {
  ServerOptions options;
  options.limits = limits;
  options.listen = listen;
  options.services = {&jobs_, &node_};
  auto server = Server::Listen(options);
  REQUIRE(server.status().ToString() == "OK");
  server_ = std::move(*server);
  ServeUnary(*server_, jobs_, &JobService::Service::GetJob,
             [this](const v1::GetJobRequest& request) {
               NoteStack();
               return GetJob(request);
             });
  ServeUnary(*server_, jobs_, &JobService::Service::EvaluateModel,
             [this](const v1::EvaluateModelRequest& request) { return Evaluate(request); });
  ServeStream(*server_, node_, &NodeService::Service::TrainShard,
              [this](const v1::TrainShardRequest& request,
                     ServerStream<v1::TrainShardEvent>& stream) { return Train(request, stream); });
  ServePut(
      *server_, node_, &NodeService::Service::PutParameters,
      [this](Pieces& pieces) { return Take(pieces); }, kTestSilence);
  server_->Start();
}

void TestServer::NoteStack() {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  lowest_ = std::min(lowest_, here);
  highest_ = std::max(highest_, here);
}

async::Task<absl::StatusOr<v1::GetJobResponse>> TestServer::GetJob(
    const v1::GetJobRequest& request) {
  if (request.id() == "missing") co_return absl::NotFoundError("no job 'missing'");
  if (request.id() == "field") {
    co_return WithRetryAfter(FieldError("id", "is wrong"), std::chrono::milliseconds(1500));
  }
  v1::GetJobResponse response;
  response.mutable_job()->set_id(request.id());
  co_return response;
}

async::Task<absl::StatusOr<v1::EvaluateModelResponse>> TestServer::Evaluate(
    const v1::EvaluateModelRequest& request) {
  v1::EvaluateModelResponse response;
  response.mutable_evaluation()->set_rows(static_cast<std::int64_t>(request.content().size()));
  co_return response;
}

async::Task<absl::StatusOr<v1::PutParametersResponse>> TestServer::Take(Pieces& pieces) {
  while (true) {
    const std::optional<v1::PutParametersRequest> piece = co_await pieces.Read();
    if (!piece) break;
    ++pieces_;
  }
  put_ended_.set_value(pieces_);
  co_return v1::PutParametersResponse();
}

async::Task<absl::Status> TestServer::Train(const v1::TrainShardRequest& request,
                                            ServerStream<v1::TrainShardEvent>& stream) {
  const int count = request.job_id() == "three" ? 3 : request.job_id() == "endless" ? INT_MAX : 1;
  v1::TrainShardEvent event;
  for (int i = 0; i < count; ++i) {
    event.mutable_accepted()->set_queued_behind(i);
    const bool sent = co_await stream.Write(event);
    if (!sent) {
      stopped_.set_value();
      co_return absl::CancelledError("the call is dead");
    }
  }
  if (request.job_id() == "fail") co_return absl::OutOfRangeError("non-finite");
  if (request.job_id() == "wait") co_return co_await Wait(stream);
  co_return absl::OkStatus();
}

async::Task<absl::Status> TestServer::Wait(ServerStream<v1::TrainShardEvent>& stream) {
  waiting_.set_value();
  co_await async::SleepFor(server_->loop(), std::chrono::hours(1), stream.stop_token());
  stopped_.set_value();
  co_return absl::CancelledError("stopped");
}

void TestClient::Run(async::Task<> flow) {
  flows_.Spawn(std::move(flow));
  closing_.Spawn(ShutdownAfterFlow());
  loop.Run();
}

async::Task<> TestClient::ShutdownAfterFlow() {
  co_await flows_.Join();
  loop.Shutdown();
}

async::Task<absl::Status> GetJob(TestClient& client, std::string id, std::string& answer) {
  v1::GetJobRequest request;
  request.set_id(id);
  CallOptions options;
  options.timeout = std::chrono::seconds(20);
  const auto response = co_await CallUnary(
      client.loop, *client.jobs, &JobService::Stub::PrepareAsyncGetJob, request, options, {});
  if (response.ok()) answer = response->job().id();
  co_return response.status();
}

async::Task<> CheckAlive(TestClient& client, absl::Status& status) {
  std::string answer;
  status = co_await GetJob(client, "alive", answer);
}

bool IsAlive(const std::string& address) {
  TestClient client(address);
  absl::Status status;
  client.Run(CheckAlive(client, status));
  UNSCOPED_INFO(status);
  return status.ok();
}

}  // namespace mlp::rpc
