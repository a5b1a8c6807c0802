// A server on 127.0.0.1 to call, and a loop to call it from.
#pragma once

#include <grpc/health/v1/health.grpc.pb.h>
#include <mlp/v1/job.grpc.pb.h>
#include <mlp/v1/node.grpc.pb.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "services/async/task_group.h"
#include "services/rpc/channel.h"
#include "services/rpc/client_call.h"
#include "services/rpc/loop.h"
#include "services/rpc/server.h"
#include "services/rpc/server_call.h"

namespace mlp::rpc {

// Time that it waits for the next piece of parameters.
inline constexpr std::chrono::milliseconds kTestSilence{300};

// Serves GetJob, EvaluateModel, TrainShard and PutParameters. The id in the request determines the
// handler's behaviour.
class TestServer {
 public:
  explicit TestServer(const std::string& listen = "127.0.0.1:0",
                      std::optional<ConnectionLimits> limits = {});

  Server& server() { return *server_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  // Set when a TrainShard handler has seen its stop token, or a write that failed.
  std::future<void> stopped() { return stopped_.get_future(); }
  // Set when a TrainShard handler has begun to wait.
  std::future<void> waiting() { return waiting_.get_future(); }
  // The number of pieces that a PutParameters handler has got, when no more come.
  std::future<int> put_ended() { return put_ended_.get_future(); }
  // Number of bytes between the lowest and the highest stack address at which GetJob was called.
  std::uintptr_t stack_range() const { return highest_ - lowest_; }

 private:
  using Pieces = RequestStream<v1::PutParametersResponse, v1::PutParametersRequest>;

  void NoteStack();
  // Fails for "missing" and "field"; answers any other id with a job of that id.
  async::Task<absl::StatusOr<v1::GetJobResponse>> GetJob(const v1::GetJobRequest& request);
  // Answers with the length of the content.
  async::Task<absl::StatusOr<v1::EvaluateModelResponse>> Evaluate(
      const v1::EvaluateModelRequest& request);
  // Writes events that count up from 0 in queued_behind: three for "three", without end for
  // "endless", one and then an error for "fail", one and then nothing until stopped for "wait".
  async::Task<absl::Status> Train(const v1::TrainShardRequest& request,
                                  ServerStream<v1::TrainShardEvent>& stream);
  // Counts the pieces.
  async::Task<absl::StatusOr<v1::PutParametersResponse>> Take(Pieces& pieces);
  async::Task<absl::Status> Wait(ServerStream<v1::TrainShardEvent>& stream);

  AsyncService<v1::JobService> jobs_;
  AsyncService<v1::NodeService> node_;
  std::promise<void> stopped_;
  std::promise<void> waiting_;
  std::promise<int> put_ended_;
  int pieces_ = 0;
  std::uintptr_t lowest_ = UINTPTR_MAX;
  std::uintptr_t highest_ = 0;
  std::unique_ptr<Server> server_;  // last, so that it is destroyed first, with all that runs on it
};

// A client on the test's own thread: Run returns when the flow has ended, so that the test can
// assert what the flow noted. Call Run once for each client.
class TestClient {
 public:
  explicit TestClient(const std::string& address) : channel(MakeChannel(address)) {}
  void Run(async::Task<> flow);

  Loop loop;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::JobService::Stub> jobs = v1::JobService::NewStub(channel);
  std::unique_ptr<v1::NodeService::Stub> node = v1::NodeService::NewStub(channel);
  std::unique_ptr<grpc::health::v1::Health::Stub> health =
      grpc::health::v1::Health::NewStub(channel);

 private:
  async::Task<> ShutdownAfterFlow();

  async::TaskGroup flows_;
  async::TaskGroup closing_;
};

// Calls GetJob(id); returns its status, and the id in `answer`.
async::Task<absl::Status> GetJob(TestClient& client, std::string id, std::string& answer);
// Notes GetJob's status.
async::Task<> CheckAlive(TestClient& client, absl::Status& status);
// Returns whether the server at `address` answers GetJob.
bool IsAlive(const std::string& address);

}  // namespace mlp::rpc
