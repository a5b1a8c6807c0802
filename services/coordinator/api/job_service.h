// JobService over gRPC: messages in, the Coordinator's answers out. Loop thread
// only.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "mlp/v1/job.grpc.pb.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/async/workers.h"
#include "services/coordinator/api/encoded_events.h"
#include "services/coordinator/run/coordinator.h"
#include "services/rpc/server.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {

// Streams that are open at once; what all of them together are sent, however many they are.
inline constexpr int kMaxWatchers = 1000;
inline constexpr int kWatchMessagesPerSecond = 2000;
// What happens within so long is sent together.
inline constexpr std::chrono::milliseconds kWatchPause{4};

class JobServiceHandlers {
 public:
  // What watchers are sent is encoded once for all of them.
  using Service = v1::JobService::WithRawMethod_WatchJob<v1::JobService::AsyncService>;

  JobServiceHandlers(async::Clock& clock, Coordinator& coordinator, async::Workers& workers,
                     std::filesystem::path data_dir, std::string default_policy);

  // Begins to answer the service's calls. Must outlive the server's loop.
  void Serve(rpc::Server& server, Service& jobs);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;

  Reply<v1::CreateJobResponse> CreateJob(const v1::CreateJobRequest& request);
  Reply<v1::GetJobResponse> GetJob(const v1::GetJobRequest& request);
  Reply<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request);
  Reply<v1::CancelJobResponse> CancelJob(const v1::CancelJobRequest& request);
  Reply<v1::RemoveJobResponse> RemoveJob(const v1::RemoveJobRequest& request);
  Reply<v1::ExplainJobResponse> ExplainJob(const v1::ExplainJobRequest& request);
  Reply<v1::EvaluateModelResponse> EvaluateModel(const v1::EvaluateModelRequest& request);
  using WatchStream = rpc::ServerStream<grpc::ByteBuffer>;
  async::Task<absl::Status> WatchJob(const grpc::ByteBuffer& request, WatchStream& stream);
  async::Task<absl::Status> SendEvents(const v1::WatchJobRequest& request, WatchStream& stream);
  async::Task<absl::StatusOr<SharedEvents>> Events(const v1::WatchJobRequest& request,
                                                   std::int64_t from, std::stop_token stop);
  async::Task<absl::Status> StreamModel(const v1::GetModelRequest& request,
                                        rpc::ServerStream<v1::GetModelResponse>& stream);

  async::Clock& clock_;
  Coordinator& coordinator_;
  async::Workers& workers_;
  const std::filesystem::path data_dir_;
  const std::string default_policy_;
  int watchers_ = 0;
  EncodedEvents encoded_events_;
};

}  // namespace mlp::coordinator
