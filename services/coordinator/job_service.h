// JobService and ClusterService over gRPC: messages in, the Coordinator's answers out. Loop thread
// only.
#pragma once

#include <filesystem>
#include <string>

#include "mlp/v1/cluster.grpc.pb.h"
#include "mlp/v1/job.grpc.pb.h"
#include "services/async/task.h"
#include "services/async/workers.h"
#include "services/coordinator/coordinator.h"
#include "services/rpc/server.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {

class JobServiceHandlers {
 public:
  JobServiceHandlers(Coordinator& coordinator, const Cluster& cluster, async::Workers& workers,
                     std::filesystem::path data_dir, std::string default_policy);

  // Begins to answer the calls of both services. Must outlive the server's loop.
  void Serve(rpc::Server& server, v1::JobService::AsyncService& jobs,
             v1::ClusterService::AsyncService& cluster);

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
  Reply<v1::ListNodesResponse> ListNodes(const v1::ListNodesRequest& request);
  async::Task<absl::StatusOr<std::vector<JobEvent>>> Events(const v1::WatchJobRequest& request,
                                                            std::int64_t from,
                                                            std::stop_token stop);
  async::Task<absl::Status> WatchJob(const v1::WatchJobRequest& request,
                                     rpc::ServerStream<v1::WatchJobResponse>& stream);
  async::Task<absl::Status> StreamModel(const v1::GetModelRequest& request,
                                        rpc::ServerStream<v1::GetModelResponse>& stream);

  Coordinator& coordinator_;
  const Cluster& cluster_;
  async::Workers& workers_;
  const std::filesystem::path data_dir_;
  const std::string default_policy_;
};

}  // namespace mlp::coordinator
