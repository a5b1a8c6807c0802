#include "services/experiment/real_run.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mlp/v1/cluster.grpc.pb.h"
#include "mlp/v1/job.grpc.pb.h"
#include "services/coordinator/proto/job_proto.h"
#include "services/experiment/job_of.h"
#include "services/experiment/measure.h"
#include "services/local/local_cluster.h"
#include "services/rpc/channel.h"
#include "services/rpc/status.h"
#include "services/simulation/synthetic_trainer.h"

namespace mlp::experiment {
namespace {

constexpr auto kUntilUp = std::chrono::seconds(30);

// Takes the events inside the coordinator, so that no stream of them disturbs the measurement.
class Listener final : public coordinator::JobLog {
 public:
  // Called on the coordinator's loop thread.
  void Append(const std::string&, const coordinator::JobEvent& event) override {
    const std::lock_guard lock(mutex_);
    measure_.Add(event);
    const auto* change = std::get_if<coordinator::events::StateChanged>(&event.body);
    if (change == nullptr || !coordinator::IsFinal(change->state)) return;
    end_ = *change;
    changed_.notify_all();
  }

  // Waits for the event that ends the job; nullopt if `stop` came first.
  std::optional<coordinator::events::StateChanged> WaitForEnd(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [this] { return end_.has_value(); });
    return end_;
  }
  Figures Result(double time_scale) const {
    const std::lock_guard lock(mutex_);
    return measure_.Result(time_scale);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_:
  Measure measure_;
  std::optional<coordinator::events::StateChanged> end_;
};

local::LocalClusterOptions ClusterOf(const Experiment& experiment,
                                     const coordinator::LoadDataset& datasets, const RunKey& key,
                                     std::shared_ptr<Listener> listener) {
  const double scale = experiment.time_scale;
  local::LocalClusterOptions cluster;
  cluster.data_dir = DataDirectoryOf(experiment);
  cluster.nodes = experiment.nodes;
  cluster.load_probabilities = experiment.loads[key.load].probabilities;
  cluster.load_delay = Scaled(experiment.load_delay, scale);
  cluster.load_seed = key.seed;
  cluster.in_process.load_dataset = datasets;
  cluster.in_process.waits = WaitsOf(experiment, key, scale);
  cluster.in_process.scheduler_seed = key.seed;
  cluster.in_process.precise_timers = true;  // a scaled wait may be well below a millisecond
  cluster.in_process.log = std::move(listener);
  if (experiment.synthetic()) {
    const Duration compute_time = Scaled(experiment.compute_time, scale);
    cluster.make_trainer = [compute_time](async::Clock& clock) {
      const auto takes = [compute_time](auto, auto) { return compute_time; };
      return std::make_unique<simulation::TimedTrainer>(
          clock, takes, std::make_unique<simulation::SyntheticTrainer>());
    };
  }
  return cluster;
}

// A job that starts before its nodes are there would wait for them.
absl::Status WaitUntilUp(const std::shared_ptr<grpc::Channel>& channel, int nodes,
                         const std::stop_token& stop) {
  const auto stub = v1::ClusterService::NewStub(channel);
  const auto give_up = std::chrono::steady_clock::now() + kUntilUp;
  while (!stop.stop_requested()) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + kUntilUp);
    v1::ListNodesResponse response;
    const grpc::Status status = stub->ListNodes(&context, {}, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    const auto up = std::ranges::count_if(response.nodes(), [](const v1::NodeStatus& node) {
      return node.state() == v1::NODE_STATE_UP;
    });
    if (up == nodes) return absl::OkStatus();
    if (std::chrono::steady_clock::now() > give_up) {
      return absl::DeadlineExceededError(
          absl::StrCat("only ", up, " of ", nodes, " nodes came up"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return absl::CancelledError();
}

absl::Status CreateJob(const std::shared_ptr<grpc::Channel>& channel,
                       const coordinator::JobSpec& spec) {
  coordinator::Job job;
  job.spec = spec;
  v1::CreateJobRequest request;
  *request.mutable_spec() = coordinator::ToProto(job).spec();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kUntilUp);
  v1::CreateJobResponse response;
  return rpc::FromGrpcStatus(
      v1::JobService::NewStub(channel)->CreateJob(&context, request, &response));
}

// Returns an error if the cluster does not start or the job does not succeed.
absl::StatusOr<Figures> RunIn(const Experiment& experiment,
                              const coordinator::LoadDataset& datasets, const RunKey& key,
                              const std::stop_token& stop) {
  const auto listener = std::make_shared<Listener>();
  const auto cluster = local::LocalCluster::Start(ClusterOf(experiment, datasets, key, listener));
  if (!cluster.ok()) return cluster.status();
  const auto channel = rpc::MakeChannel((*cluster)->coordinator_address());
  absl::Status status = WaitUntilUp(channel, experiment.nodes, stop);
  if (!status.ok()) return status;
  status = CreateJob(channel, JobSpecOf(experiment, key, experiment.time_scale));
  if (!status.ok()) return status;
  const auto end = listener->WaitForEnd(stop);
  if (!end) return absl::CancelledError();
  if (end->state != coordinator::JobState::kSucceeded) return absl::AbortedError(end->detail);
  return listener->Result(experiment.time_scale);
}

}  // namespace

absl::Status CheckReal(const Experiment& experiment, const std::string& file) {
  if (experiment.nodes <= local::kMaxLocalNodes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(file, ": nodes: is ", experiment.nodes,
                                                 "; with --real at most ", local::kMaxLocalNodes,
                                                 ": simulate it instead"));
}

Run RunReal(const Experiment& experiment, const coordinator::LoadDataset& datasets,
            const RunKey& key, const std::stop_token& stop) {
  Run run;
  run.key = key;
  absl::StatusOr<Figures> figures = RunIn(experiment, datasets, key, stop);
  if (figures.ok()) {
    run.figures = *std::move(figures);
    run.done = true;
  } else if (!stop.stop_requested()) {
    run.problem = std::string(figures.status().message());
  }
  return run;
}

}  // namespace mlp::experiment
