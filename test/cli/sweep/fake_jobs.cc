#include "test/cli/sweep/fake_jobs.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "mlp/v1/job.grpc.pb.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "services/rpc/status.h"

namespace mlp::cli {

class FakeJobs::Service final : public v1::JobService::Service {
 public:
  explicit Service(const FakeJobsOptions& options) : options_(options) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  ~Service() override {
    Release();
    server_->Shutdown();
  }

  const std::string& address() const { return address_; }
  std::vector<v1::Job> jobs() const {
    std::lock_guard lock(mutex_);
    return jobs_;
  }
  std::size_t most_running() const {
    std::lock_guard lock(mutex_);
    return most_running_;
  }
  void Release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  grpc::Status CreateJob(grpc::ServerContext*, const v1::CreateJobRequest* request,
                         v1::CreateJobResponse* response) override {
    std::lock_guard lock(mutex_);
    const double rate = request->spec().learning_rate();
    if (options_.no_dataset) {
      return rpc::ToGrpcStatus(AtField("spec.dataset", absl::NotFoundError("no dataset l")));
    }
    if (options_.full-- > 0) {
      return rpc::ToGrpcStatus(WithRetryAfter(absl::ResourceExhaustedError("the queue is full"),
                                              std::chrono::milliseconds(1)));
    }
    if (rate <= 0) {
      return rpc::ToGrpcStatus(FieldError("spec.learning_rate", "must be greater than 0"));
    }
    const auto known = numbers_.find(request->request_id());
    if (known == numbers_.end()) {
      numbers_[request->request_id()] = jobs_.size();
      v1::Job job;
      job.set_id(absl::StrCat("job-", jobs_.size() + 1));
      *job.mutable_spec() = request->spec();
      job.mutable_create_time()->set_seconds(static_cast<int>(jobs_.size()));
      job.set_state(v1::JOB_STATE_PENDING);
      jobs_.push_back(job);
      most_running_ = std::max<std::size_t>(
          most_running_, std::ranges::count(jobs_, v1::JOB_STATE_PENDING, &v1::Job::state));
    }
    *response->mutable_job() = jobs_[numbers_[request->request_id()]];
    return grpc::Status::OK;
  }

  grpc::Status GetJob(grpc::ServerContext*, const v1::GetJobRequest* request,
                      v1::GetJobResponse* response) override {
    std::lock_guard lock(mutex_);
    if (options_.lose-- > 0) return {grpc::StatusCode::NOT_FOUND, "there is no such job"};
    v1::Job& job = jobs_[NumberOf(request->id())];
    if (!Held(job)) End(job);
    *response->mutable_job() = job;
    return grpc::Status::OK;
  }

  grpc::Status WatchJob(grpc::ServerContext* context, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::WatchJobResponse>* writer) override {
    std::unique_lock lock(mutex_);
    v1::WatchJobResponse response;
    v1::JobEvent& event = *response.add_events();
    event.set_sequence(1);
    event.mutable_state_changed()->set_state(v1::JOB_STATE_RUNNING);
    writer->Write(response);
    const v1::Job& job = jobs_[NumberOf(request->id())];
    while (Held(job) && !context->IsCancelled()) {
      changed_.wait_for(lock, std::chrono::milliseconds(10));
    }
    event.set_sequence(2);
    event.mutable_state_changed()->set_state(v1::JOB_STATE_SUCCEEDED);
    writer->Write(response);
    return grpc::Status::OK;
  }

  static std::size_t NumberOf(const std::string& id) { return std::stoul(id.substr(4)) - 1; }
  bool Held(const v1::Job& job) const {
    return options_.hold_after > 0 && !released_ &&
           static_cast<int>(NumberOf(job.id())) >= options_.hold_after;
  }
  static void End(v1::Job& job) {
    const bool fails = job.spec().learning_rate() >= 2;
    job.set_state(fails ? v1::JOB_STATE_FAILED : v1::JOB_STATE_SUCCEEDED);
    if (fails) job.set_detail("the parameters are not finite");
    job.mutable_validation()->set_error(job.spec().learning_rate());
  }

  FakeJobsOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, like the counts of the options:
  std::vector<v1::Job> jobs_;
  std::map<std::string, std::size_t> numbers_;  // by request id
  std::size_t most_running_ = 0;
  bool released_ = false;

  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

FakeJobs::FakeJobs(const FakeJobsOptions& options) : service_(std::make_unique<Service>(options)) {}

FakeJobs::~FakeJobs() = default;

const std::string& FakeJobs::address() const { return service_->address(); }

std::vector<v1::Job> FakeJobs::jobs() const { return service_->jobs(); }

std::size_t FakeJobs::most_running() const { return service_->most_running(); }

void FakeJobs::Release() { service_->Release(); }

}  // namespace mlp::cli
