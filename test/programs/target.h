// What strangers attack: a coordinator, a program of its own with a state directory, whose two
// nodes train one job after the other while an observer asks it for its jobs.
//
// Whatever the harness itself cannot do throws std::runtime_error. One thread uses a Target.
#pragma once

#include <grpcpp/channel.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mlp/v1/job.grpc.pb.h"
#include "test/programs/observer.h"
#include "test/programs/usage.h"
#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

namespace mlp::test {

struct TargetOptions {
  int max_files = 0;         // of the coordinator; 0: as many as this process may have
  bool large_model = false;  // the coordinator has a model of 99 MiB, "large"
};

class Target {
 public:
  static constexpr int kNodes = 2;

  // The id of a job that has ended before the attack.
  static constexpr char kJob[] = "job-1";

  // Starts the programs, trains a job undisturbed, begins to train the same again and again, and to
  // observe.
  explicit Target(const TargetOptions& options);
  ~Target();
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  ProgramCluster& cluster() { return *cluster_; }
  const std::string& address() const { return cluster_->coordinator_address(); }
  int port() const;
  // The connection of the jobs.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  Usage Used() const { return UsageOf(cluster_->coordinator_pid()); }
  // Notes that something is wrong.
  void Blame(std::string what) { wrong_.push_back(std::move(what)); }
  // Notes each node that is not up, of those that train.
  void CheckNodes();

  // Begins to observe anew, and returns what there was so far.
  Answers ObserveAnew();
  // Ends the observer and, as soon as the job that is under way has ended, the jobs, and waits
  // until the coordinator has closed the attack's files.
  void Rest();

  // What there was between the constructor, or ObserveAnew, and Rest.
  const Answers& answers() const { return answers_; }
  const Usage& before() const { return before_; }
  const Usage& after() const { return after_; }
  int jobs() const { return jobs_; }
  const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  // Trains a job to its end, and returns its digest.
  std::string Train();
  void TrainUntilRest();
  void Submitted();

  Scratch directory_;
  std::unique_ptr<ProgramCluster> cluster_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::JobService::Stub> stub_;
  std::string digest_;
  Usage before_;
  Usage after_;
  Answers answers_;
  std::vector<std::string> wrong_;
  std::atomic<bool> submitted_ = false;  // a job, after the undisturbed one
  std::atomic<bool> resting_ = false;
  int jobs_ = 0;            // the thread's until it has ended
  std::string job_failed_;  // likewise
  std::jthread training_;
  std::optional<Observer> observer_;
};

}  // namespace mlp::test
