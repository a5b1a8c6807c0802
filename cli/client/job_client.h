// A client for the coordinator's jobs, with a method for each call.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/client/retry_policy.h"
#include "cli/client/session.h"
#include "mlp/v1/job.pb.h"

namespace mlp::v1 {
class JobService;
}

namespace mlp::cli {

template <class Service>
class Connection;

// Connects to the session's coordinator at the first call. If none listens yet, that call waits for
// it, up to 2 s, and says so on the session's error output. Calls block. An interrupt ends them,
// and so does a time limit of 30 s unless the method has another one. Everything that the session
// refers to must outlive the client.
class JobClient {
 public:
  explicit JobClient(const Session& session);
  ~JobClient();
  JobClient(const JobClient&) = delete;
  JobClient& operator=(const JobClient&) = delete;

  absl::StatusOr<v1::CreateJobResponse> CreateJob(const v1::CreateJobRequest& request,
                                                  const RetryPolicy& retries);
  absl::StatusOr<v1::GetJobResponse> GetJob(const std::string& id,
                                            const RetryPolicy& retries = kTryOnce);
  absl::StatusOr<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request);
  absl::StatusOr<v1::CancelJobResponse> CancelJob(const std::string& id);
  absl::StatusOr<v1::RemoveJobResponse> RemoveJob(const std::string& id);
  absl::StatusOr<v1::ExplainJobResponse> ExplainJob(const std::string& id);
  // Passes on each event as it comes, on this thread, until the stream ends. Has no time limit.
  absl::Status WatchJob(const v1::WatchJobRequest& request,
                        const std::function<void(v1::JobEvent event)>& take);
  // Returns a serialised mlp.v1.Model. Has no time limit.
  absl::StatusOr<std::string> GetModel(const std::string& id);
  // The limit is ten minutes.
  absl::StatusOr<v1::EvaluateModelResponse> EvaluateModel(const v1::EvaluateModelRequest& request);

  Interrupt& interrupt() const;

 private:
  const std::unique_ptr<Connection<v1::JobService>> connection_;
};

}  // namespace mlp::cli
