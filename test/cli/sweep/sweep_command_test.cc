// `mlp-client sweep` itself, against a coordinator whose jobs end at once, or on its own cluster.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mlp/v1/job.grpc.pb.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "services/rpc/status.h"
#include "test/support/process.h"
#include "test/support/scratch.h"

namespace mlp::cli {
namespace {

using Catch::Contains;
using test::Process;
using test::ProcessResult;

const std::string kClient = MLP_BIN_DIR "/mlp-client";

struct JobsOptions {
  int full = 0;        // CreateJob calls that find the queue full first
  int hold_after = 0;  // jobs with greater numbers run until Release; 0: none
  int lose = 0;        // jobs that GetJob does not know the first time
  bool no_dataset = false;
};

// Jobs that end as soon as they are there: with the learning rate as their error, but those of 2
// and more fail, and those of 0 and less are refused. Thread-safe.
class Jobs final : public v1::JobService::Service {
 public:
  explicit Jobs(JobsOptions options = {}) : options_(options) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  ~Jobs() override {
    Release();
    server_->Shutdown();
  }

  const std::string& address() const { return address_; }
  std::vector<v1::Job> jobs() const {
    std::lock_guard lock(mutex_);
    return jobs_;
  }
  // The most that were there and had not ended.
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

  JobsOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, as what the options count:
  std::vector<v1::Job> jobs_;
  std::map<std::string, std::size_t> numbers_;  // by request id
  std::size_t most_running_ = 0;
  bool released_ = false;

  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

// A directory with a sweep's file, to run it in.
class Place {
 public:
  explicit Place(const std::string& rates) {
    Write("dataset = \"l\"\n[try]\nlearning-rate = [" + rates + "]\n");
  }

  void Write(const std::string& text) const { scratch_.Write("s.toml", text); }
  std::vector<std::string> Command(const std::string& address,
                                   std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {kClient, "--coordinator", address, "sweep", "s.toml"});
    return more;
  }
  ProcessResult Run(const std::string& address, std::vector<std::string> more = {}) const {
    return test::Run(Command(address, std::move(more)), here());
  }
  test::ProcessOptions here() const {
    test::ProcessOptions options;
    options.directory = path();
    return options;
  }
  std::string Content(const std::filesystem::path& file) const {
    return test::ContentOf(path() / file);
  }
  const std::filesystem::path& path() const { return scratch_.path(); }

 private:
  test::Scratch scratch_;
};

TEST_CASE("a sweep trains each setting once, ranks them and writes files") {
  const Jobs jobs;
  const Place place("0.25, 0.125, 0.5");
  const ProcessResult result = place.Run(jobs.address(), {"--out", "out"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK(jobs.jobs().size() == 3);
  CHECK_THAT(result.out, Contains("trial 2 of 3  learning-rate 0.125  accuracy 0.8750") &&
                             Contains("learning-rate  accuracy  time    job\n"
                                      "0.125          0.8750    0.00 s  job-2\n"
                                      "0.25           0.7500    0.00 s  job-1\n"
                                      "0.5            0.5000    0.00 s  job-3\n") &&
                             Contains("mlp-client --coordinator " + jobs.address() +
                                      " train l --learning-rate 0.125\n") &&
                             Contains("Written to out: results.csv, report.html"));
  CHECK_THAT(place.Content("out/results.csv"), Contains("2,2,0.125,0,succeeded,0.875,"));
  CHECK_THAT(place.Content("out/report.html"), Contains("<svg") && Contains("s.toml"));
}

TEST_CASE("the same sweep again submits nothing, under another name everything") {
  const Jobs jobs;
  const Place place("0.25, 0.125, 0.5");
  const ProcessResult first = place.Run(jobs.address());
  CHECK(place.Run(jobs.address()).out == first.out);
  CHECK(jobs.jobs().size() == 3);
  CHECK(place.Run(jobs.address(), {"--name", "again"}).exit_code == 0);
  CHECK(jobs.jobs().size() == 6);
  CHECK(std::distance(std::filesystem::directory_iterator(place.path() / "sweeps-out"), {}) == 2);
}

TEST_CASE("trials that fail or are refused are shown with the reason and stop nothing") {
  const Jobs jobs;
  const Place place("2, 0.25, -1");
  const ProcessResult result = place.Run(jobs.address());
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out,
             Contains("trial 1 of 3  learning-rate 2  FAILED: the parameters are not finite") &&
                 Contains("not trained: --learning-rate: must be greater than 0") &&
                 Contains("\n0.25           0.7500    0.00 s  job-2\n2              -"));
  const Place hopeless("2, 3");
  CHECK(hopeless.Run(jobs.address()).exit_code == 1);
}

TEST_CASE("a sweep keeps four jobs queued at most") {
  Jobs jobs({.hold_after = 1});
  const Place place("0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8");
  Process client(place.Command(jobs.address()), place.here());
  client.WaitForLine("trial 1 of 8");
  jobs.Release();
  CHECK(client.Wait().exit_code == 0);
  CHECK(jobs.jobs().size() == 8);
  CHECK(jobs.most_running() == 4);
}

TEST_CASE("an interrupted sweep says how to go on and trains nothing twice when it does") {
  Jobs jobs({.hold_after = 2});
  const Place place("0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8");
  const std::vector<std::string> options = {"--name", "n", "--out", "o"};
  Process client(place.Command(jobs.address(), options), place.here());
  client.WaitForLine("trial 2 of 8");
  client.Signal(SIGINT);
  const ProcessResult result = client.Wait();
  CHECK(result.exit_code == 130);
  CHECK_THAT(result.err, Contains("interrupted after 2 of 8 trials; job-3") &&
                             Contains("go on. Go on with all: mlp-client --coordinator " +
                                      jobs.address() + " sweep s.toml --name n --out o\n"));
  CHECK_THAT(place.Content("o/report.html"), Contains("Only 2 of 8 trials have ended."));
  jobs.Release();
  CHECK(place.Run(jobs.address(), options).exit_code == 0);
  CHECK(jobs.jobs().size() == 8);
  CHECK_THAT(place.Content("o/report.html"), !Contains("Only"));
}

TEST_CASE("a sweep waits for a full queue") {
  const Jobs jobs({.full = 2});
  const ProcessResult result = Place("0.1, 0.2").Run(jobs.address());
  CHECK(result.exit_code == 0);
  CHECK(result.err == "mlp-client: the queue is full; waiting for it\n");
}

TEST_CASE("a job that the coordinator has lost is submitted again, but not for ever") {
  const Jobs jobs({.lose = 1});
  const ProcessResult result = Place("0.1, 0.2").Run(jobs.address());
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, Contains("the coordinator has lost job-1, trial 1; submitting it again"));
  const Jobs forgetful({.lose = 4});
  CHECK_THAT(Place("0.1, 0.2").Run(forgetful.address()).out,
             Contains("the coordinator has lost it 4 times"));
}

TEST_CASE("a dataset that is not there ends a sweep at once") {
  const Jobs jobs({.no_dataset = true});
  const ProcessResult result = Place("0.1, 0.2").Run(jobs.address());
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Contains("no dataset l"));
  CHECK(result.out.empty());
}

TEST_CASE("a sweep's JSON has an object a trial, a setting and the sweep") {
  const Jobs jobs;
  const Place place("0.25, 2");
  const ProcessResult result = place.Run(jobs.address(), {"--json"});
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 5);
  CHECK_THAT(result.out, Contains("\"kind\":\"trial\"") && Contains("\"learning-rate\":\"0.25\"") &&
                             Contains("\"median_score\":0.75") && Contains("\"failed\":1") &&
                             Contains("\"problem\":\"the parameters are not finite\"") &&
                             Contains("\"kind\":\"sweep\"") &&
                             Contains("\"best_command\":\"mlp-client"));
}

TEST_CASE("a sweep's file that is wrong is refused before anything is submitted") {
  const Jobs jobs;
  const Place place("0.1, \"fast\"");
  const ProcessResult result = place.Run(jobs.address());
  CHECK(result.exit_code == 2);
  CHECK(result.err == "mlp-client: s.toml:3: try.learning-rate: 'fast' is not one of FLOAT\n");
  CHECK(jobs.jobs().empty());
  CHECK(place.Run(jobs.address(), {"--name", "a/b"}).exit_code == 2);
}

TEST_CASE("results that cannot be written are an error, and the table is printed all the same") {
  const Jobs jobs;
  const Place place("0.25");
  const ProcessResult result = place.Run(jobs.address(), {"--out", "s.toml/out"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Contains("cannot make the directory s.toml/out"));
  CHECK_THAT(result.out, Contains("0.25           0.7500"));
}

TEST_CASE("a sweep runs on a cluster of its own") {
  const Place place("");
  place.Write("dataset = \"" MLP_SOURCE_DIR
              "/datasets/letters\"\nrepeats = 2\n[settings]\nsolver = \"adam\"\nrounds = 2\n"
              "[try]\nhidden = [8, 16]\n");
  const ProcessResult result =
      test::Run({kClient, "sweep", "s.toml", "--local", "2"}, place.here());
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("trial 4 of 4  hidden 16, seed 2") &&
                             Contains("median accuracy") &&
                             Contains("mlp-client train --local 2 " MLP_SOURCE_DIR
                                      "/datasets/letters --solver adam --rounds 2 --hidden "));
}

}  // namespace
}  // namespace mlp::cli
