#include "test/cli/client/fake_coordinator.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "mlp/v1/job.grpc.pb.h"
#include "services/base/sha256.h"
#include "services/rpc/status.h"
#include "test/cli/show/recorded_job.h"

namespace mlp::cli {
namespace {

grpc::Status Unavailable() { return {grpc::StatusCode::UNAVAILABLE, "the connection broke"}; }

grpc::Status NoSuchJob(const std::string& id) {
  return {grpc::StatusCode::NOT_FOUND, "there is no job " + id};
}

}  // namespace

class FakeCoordinator::Jobs final : public v1::JobService::Service {
 public:
  explicit Jobs(FakeCoordinatorOptions options);
  ~Jobs() override;

  const std::string& address() const { return address_; }
  std::vector<v1::CreateJobRequest> submissions() const;
  std::vector<std::int64_t> watched_from() const;
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

FakeCoordinator::Jobs::Jobs(FakeCoordinatorOptions options) : options_(std::move(options)) {
  int port = 0;
  grpc::ServerBuilder builder;
  // The client's pings come every second.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddListeningPort(options_.listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0)
    throw std::runtime_error("the fake coordinator can't listen");
  address_ = "127.0.0.1:" + std::to_string(port);
}

FakeCoordinator::Jobs::~Jobs() {
  {
    std::lock_guard lock(mutex_);
    released_ = true;
  }
  changed_.notify_all();
  server_->Shutdown();
}

std::vector<v1::CreateJobRequest> FakeCoordinator::Jobs::submissions() const {
  std::lock_guard lock(mutex_);
  return submissions_;
}

std::vector<std::int64_t> FakeCoordinator::Jobs::watched_from() const {
  std::lock_guard lock(mutex_);
  return watched_from_;
}

v1::EvaluateModelRequest FakeCoordinator::Jobs::evaluated() const {
  std::lock_guard lock(mutex_);
  return evaluated_;
}

v1::Model FakeCoordinator::Jobs::model() const {
  v1::Model model;
  model.mutable_spec()->add_layer_sizes(1);
  model.mutable_spec()->add_layer_sizes(1);
  model.mutable_spec()->set_activation(v1::ACTIVATION_RELU);
  model.mutable_spec()->set_output(v1::OUTPUT_SOFTMAX);
  model.mutable_parameters()->set_precision(v1::PRECISION_FLOAT32);
  model.mutable_parameters()->set_data(options_.parameters);
  model.mutable_parameters()->set_sha256(
      Sha256(options_.wrong_digest ? "something else" : options_.parameters));
  model.set_job_id("job-1");
  return model;
}

grpc::Status FakeCoordinator::Jobs::CreateJob(grpc::ServerContext*,
                                              const v1::CreateJobRequest* request,
                                              v1::CreateJobResponse* response) {
  std::lock_guard lock(mutex_);
  submissions_.push_back(*request);
  if (static_cast<int>(submissions_.size()) <= options_.refused_submissions) return Unavailable();
  if (!options_.refusal.ok()) return rpc::ToGrpcStatus(options_.refusal);
  *response->mutable_job() = SubmittedJob();
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::Jobs::GetJob(grpc::ServerContext*, const v1::GetJobRequest* request,
                                           v1::GetJobResponse* response) {
  if (request->id() != "job-1") return NoSuchJob(request->id());
  std::lock_guard lock(mutex_);
  if (++questions_ <= options_.refused_questions) return Unavailable();
  *response->mutable_job() = FinishedJob();
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::Jobs::WatchJob(grpc::ServerContext*,
                                             const v1::WatchJobRequest* request,
                                             grpc::ServerWriter<v1::WatchJobResponse>* writer) {
  if (request->id() != "job-1") return NoSuchJob(request->id());
  std::unique_lock lock(mutex_);
  watched_from_.push_back(request->from_sequence());
  std::size_t sent = 0;
  for (const v1::JobEvent& event : RecordedEvents()) {
    if (event.sequence() < request->from_sequence()) continue;
    if (options_.break_after != 0 && sent == options_.break_after) return Unavailable();
    v1::WatchJobResponse response;
    *response.add_events() = event;
    writer->Write(response);
    ++sent;
    if (!options_.hold || !event.has_round_validated()) continue;
    if (request->until_now()) return grpc::Status::OK;
    changed_.wait(lock, [this] { return released_; });
    return Unavailable();
  }
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::Jobs::ExplainJob(grpc::ServerContext*,
                                               const v1::ExplainJobRequest* request,
                                               v1::ExplainJobResponse* response) {
  if (request->id() != "job-1") return NoSuchJob(request->id());
  response->set_waiting_for(
      "job-1, round 7 of 30: waits for shard 4 on node-2, held up or queued there for 1.2 s");
  response->mutable_since()->set_seconds(1000);
  response->set_next(options_.next);
  response->mutable_next_time()->set_seconds(1001);
  response->mutable_next_time()->set_nanos(500'000'000);
  response->mutable_time()->set_seconds(1001);
  response->mutable_time()->set_nanos(200'000'000);
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::Jobs::GetModel(grpc::ServerContext*,
                                             const v1::GetModelRequest* request,
                                             grpc::ServerWriter<v1::GetModelResponse>* writer) {
  if (request->id() != "job-1") return NoSuchJob(request->id());
  const std::string bytes = model().SerializeAsString();
  for (std::size_t begin = 0; begin < bytes.size(); begin += 7) {
    v1::GetModelResponse response;
    response.set_chunk(bytes.substr(begin, 7));
    writer->Write(response);
  }
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::Jobs::EvaluateModel(grpc::ServerContext*,
                                                  const v1::EvaluateModelRequest* request,
                                                  v1::EvaluateModelResponse* response) {
  if (request->id() != "job-1") return NoSuchJob(request->id());
  std::lock_guard lock(mutex_);
  evaluated_ = *request;
  v1::Evaluation& evaluation = *response->mutable_evaluation();
  evaluation.set_rows_source("train_letters11.txt");
  evaluation.set_rows(1500);
  evaluation.set_wrong_rows(492);
  evaluation.set_error(0.328);
  evaluation.set_loss(1234.5);
  response->set_model_digest("c0ffee");
  return grpc::Status::OK;
}

FakeCoordinator::FakeCoordinator(FakeCoordinatorOptions options)
    : jobs_(std::make_unique<Jobs>(std::move(options))) {}

FakeCoordinator::~FakeCoordinator() = default;

const std::string& FakeCoordinator::address() const { return jobs_->address(); }

std::vector<v1::CreateJobRequest> FakeCoordinator::submissions() const {
  return jobs_->submissions();
}

std::vector<std::int64_t> FakeCoordinator::watched_from() const { return jobs_->watched_from(); }

v1::EvaluateModelRequest FakeCoordinator::evaluated() const { return jobs_->evaluated(); }

v1::Model FakeCoordinator::model() const { return jobs_->model(); }

}  // namespace mlp::cli
