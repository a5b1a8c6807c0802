#include "cli/client/job_client.h"

#include <utility>

#include "cli/client/connection.h"
#include "mlp/v1/job.grpc.pb.h"

namespace mlp::cli {
namespace {

using JobStub = v1::JobService::Stub;

template <class Request>
Request About(const std::string& id) {
  Request request;
  request.set_id(id);
  return request;
}

}  // namespace

JobClient::JobClient(const Session& session)
    : connection_(std::make_unique<Connection<v1::JobService>>(session)) {}

JobClient::~JobClient() = default;

absl::StatusOr<v1::CreateJobResponse> JobClient::CreateJob(const v1::CreateJobRequest& request,
                                                           const RetryPolicy& retries) {
  return connection_->Call(&JobStub::CreateJob, request, {.retries = retries});
}

absl::StatusOr<v1::GetJobResponse> JobClient::GetJob(const std::string& id,
                                                     const RetryPolicy& retries) {
  return connection_->Call(&JobStub::GetJob, About<v1::GetJobRequest>(id), {.retries = retries});
}

absl::StatusOr<v1::ListJobsResponse> JobClient::ListJobs(const v1::ListJobsRequest& request) {
  return connection_->Call(&JobStub::ListJobs, request);
}

absl::StatusOr<v1::CancelJobResponse> JobClient::CancelJob(const std::string& id) {
  return connection_->Call(&JobStub::CancelJob, About<v1::CancelJobRequest>(id));
}

absl::StatusOr<v1::RemoveJobResponse> JobClient::RemoveJob(const std::string& id) {
  return connection_->Call(&JobStub::RemoveJob, About<v1::RemoveJobRequest>(id));
}

absl::StatusOr<v1::ExplainJobResponse> JobClient::ExplainJob(const std::string& id) {
  return connection_->Call(&JobStub::ExplainJob, About<v1::ExplainJobRequest>(id));
}

absl::Status JobClient::WatchJob(const v1::WatchJobRequest& request,
                                 const std::function<void(v1::JobEvent event)>& take) {
  return connection_->Read(&JobStub::WatchJob, request, [&take](v1::WatchJobResponse& response) {
    for (v1::JobEvent& event : *response.mutable_events()) take(std::move(event));
  });
}

absl::StatusOr<std::string> JobClient::GetModel(const std::string& id) {
  std::string bytes;
  const absl::Status status = connection_->Read(
      &JobStub::GetModel, About<v1::GetModelRequest>(id),
      [&bytes](const v1::GetModelResponse& response) { bytes += response.chunk(); });
  if (!status.ok()) return status;
  return bytes;
}

absl::StatusOr<v1::EvaluateModelResponse> JobClient::EvaluateModel(
    const v1::EvaluateModelRequest& request) {
  return connection_->Call(&JobStub::EvaluateModel, request, {.limit = std::chrono::minutes(10)});
}

Interrupt& JobClient::interrupt() const { return connection_->interrupt(); }

}  // namespace mlp::cli
