// A coordinator with one recorded job, job-1, that breaks connections when it is told to.
#pragma once

#include <grpcpp/server.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mlp/v1/job.grpc.pb.h"

namespace mlp::cli {

struct FakeCoordinatorOptions {
  int refused_submissions = 0;  // CreateJob calls that fail with UNAVAILABLE first
  int refused_questions = 0;    // GetJob calls, likewise
  std::size_t break_after = 0;  // events of a stream, then UNAVAILABLE; 0: it does not break
  bool hold = false;            // the stream stays open after round 1, until Release
  std::string parameters = "01234567";
  bool wrong_digest = false;  // of the model
  std::string listen = "127.0.0.1:0";
};

// Serves from its construction to its destruction. Thread-safe.
class FakeCoordinator final : public v1::JobService::Service {
 public:
  explicit FakeCoordinator(FakeCoordinatorOptions options = {});
  ~FakeCoordinator() override;

  const std::string& address() const { return address_; }
  // What the CreateJob calls asked for.
  std::vector<v1::CreateJobRequest> submissions() const;
  // Where the WatchJob calls began.
  std::vector<std::int64_t> watched_from() const;
  // What the last EvaluateModel call asked for.
  v1::EvaluateModelRequest evaluated() const;
  v1::Model model() const;

 private:
  grpc::Status CreateJob(grpc::ServerContext*, const v1::CreateJobRequest* request,
                         v1::CreateJobResponse* response) override;
  grpc::Status GetJob(grpc::ServerContext*, const v1::GetJobRequest* request,
                      v1::GetJobResponse* response) override;
  grpc::Status WatchJob(grpc::ServerContext*, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::WatchJobResponse>* writer) override;
  grpc::Status ExplainJob(grpc::ServerContext*, const v1::ExplainJobRequest* request,
                          v1::ExplainJobResponse* response) override;
  grpc::Status GetModel(grpc::ServerContext*, const v1::GetModelRequest* request,
                        grpc::ServerWriter<v1::GetModelResponse>* writer) override;
  grpc::Status EvaluateModel(grpc::ServerContext*, const v1::EvaluateModelRequest* request,
                             v1::EvaluateModelResponse* response) override;

  const FakeCoordinatorOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::vector<v1::CreateJobRequest> submissions_;
  std::vector<std::int64_t> watched_from_;
  int questions_ = 0;  // GetJob calls
  v1::EvaluateModelRequest evaluated_;
  bool released_ = false;

  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace mlp::cli
