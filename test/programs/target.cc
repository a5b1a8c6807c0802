#include "test/programs/target.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mlp/v1/cluster.grpc.pb.h"
#include "mlp/v1/model_service.grpc.pb.h"
#include "services/base/sha256.h"
#include "services/rpc/channel.h"

namespace mlp::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 60;
// Files that come and go while a coordinator is at rest.
constexpr int kFilesMore = 3;

// Makes a call again until it succeeds, for two minutes.
void Insist(const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  const Clock::time_point limit = Clock::now() + 2min;
  while (true) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + 20s);
    const grpc::Status status = call(context);
    if (status.ok()) return;
    if (Clock::now() > limit) throw std::runtime_error(status.error_message());
    std::this_thread::sleep_for(100ms);
  }
}

// Returns a model of 99 MiB that suits the letters.
std::string LargeModel() {
  constexpr std::int32_t kFeatures = 16, kHidden = 301'000, kClasses = 26;
  constexpr std::size_t kParameters =
      std::size_t{kFeatures + 1} * kHidden + std::size_t{kHidden + 1} * kClasses;
  v1::Model model;
  for (const std::int32_t size : {kFeatures, kHidden, kClasses}) {
    model.mutable_spec()->add_layer_sizes(size);
  }
  model.mutable_spec()->set_activation(v1::ACTIVATION_RELU);
  v1::ParameterBuffer& parameters = *model.mutable_parameters();
  parameters.set_precision(v1::PRECISION_FLOAT64);
  parameters.mutable_data()->resize(kParameters * sizeof(double));
  parameters.set_sha256(Sha256(parameters.data()));
  return model.SerializeAsString();
}

// Lets a coordinator that ends again keep the model in a state directory.
void ImportLargeModel(const std::filesystem::path& state_dir) {
  ProgramClusterOptions options;
  options.nodes = 0;
  options.state_dir = state_dir;
  ProgramCluster cluster(options);
  const auto stub = v1::ModelService::NewStub(rpc::MakeChannel(cluster.coordinator_address()));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  v1::ImportModelResponse response;
  const auto writer = stub->ImportModel(&context, &response);
  const std::string model = LargeModel();
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  for (std::size_t begin = 0; begin < model.size(); begin += kPiece) {
    v1::ImportModelRequest request;
    if (begin == 0) {
      request.set_name("large");
      request.set_bytes(static_cast<std::int64_t>(model.size()));
    }
    request.set_chunk(model.substr(begin, kPiece));
    if (!writer->Write(request)) break;
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) throw std::runtime_error("ImportModel: " + status.error_message());
  if (cluster.StopCoordinator() != 0) throw std::runtime_error("a coordinator does not stop");
}

}  // namespace

Target::Target(const TargetOptions& options) {
  ProgramClusterOptions cluster;
  cluster.nodes = kNodes;
  cluster.state_dir = directory_.path() / "state";
  cluster.registering = true;
  cluster.max_files = options.max_files;
  if (options.large_model) ImportLargeModel(cluster.state_dir);
  cluster_ = std::make_unique<ProgramCluster>(cluster);
  channel_ = rpc::MakeChannel(address());
  stub_ = v1::JobService::NewStub(channel_);
  digest_ = Train();
  ForgetPeak(cluster_->coordinator_pid());
  before_ = Used();
  training_ = std::jthread([this] { TrainUntilRest(); });
  submitted_.wait(false);
  observer_.emplace(address());
}

Target::~Target() { resting_ = true; }

int Target::port() const { return std::stoi(address().substr(address().rfind(':') + 1)); }

void Target::CheckNodes() {
  const auto stub = v1::ClusterService::NewStub(channel_);
  v1::ListNodesResponse response;
  Insist([&](grpc::ClientContext& context) {
    return stub->ListNodes(&context, v1::ListNodesRequest(), &response);
  });
  int up = 0;
  for (const v1::NodeStatus& node : response.nodes()) {
    if (node.name() != "node-1" && node.name() != "node-2") continue;
    if (node.state() == v1::NODE_STATE_UP) ++up;
    if (node.state() != v1::NODE_STATE_UP) Blame(absl::StrCat(node.name(), " ", node.detail()));
  }
  if (up != kNodes) Blame(absl::StrCat(up, " of ", kNodes, " nodes up"));
}

Answers Target::ObserveAnew() {
  Answers answers = observer_->Stop();
  observer_.emplace(address());
  return answers;
}

void Target::Rest() {
  answers_ = observer_->Stop();
  resting_ = true;
  training_.join();
  if (!job_failed_.empty()) Blame(job_failed_);
  const Clock::time_point limit = Clock::now() + 20s;
  do {
    std::this_thread::sleep_for(100ms);
    after_ = Used();
  } while (after_.files > before_.files + kFilesMore && Clock::now() < limit);
  if (after_.files > before_.files + kFilesMore) Blame("files stay open");
  if (after_.files == 0) Blame("the coordinator has ended");
}

std::string Target::Train() {
  v1::CreateJobRequest request;
  request.mutable_spec()->set_dataset("letters");
  request.mutable_spec()->set_rounds(kRounds);
  request.set_request_id(absl::StrCat("strangers-", jobs_));
  v1::CreateJobResponse created;
  Insist(
      [&](grpc::ClientContext& context) { return stub_->CreateJob(&context, request, &created); });
  if (jobs_ > 0) Submitted();
  v1::GetJobRequest get;
  get.set_id(created.job().id());
  v1::GetJobResponse got;
  do {
    std::this_thread::sleep_for(100ms);
    Insist([&](grpc::ClientContext& context) { return stub_->GetJob(&context, get, &got); });
  } while (got.job().state() == v1::JOB_STATE_PENDING ||
           got.job().state() == v1::JOB_STATE_RUNNING);
  if (got.job().state() != v1::JOB_STATE_SUCCEEDED) {
    throw std::runtime_error(absl::StrCat(get.id(), ": ", got.job().detail()));
  }
  ++jobs_;
  return got.job().model_digest();
}

void Target::Submitted() {
  submitted_ = true;
  submitted_.notify_all();
}

void Target::TrainUntilRest() {
  try {
    while (!resting_) {
      if (Train() != digest_) throw std::runtime_error("a job has another digest");
    }
  } catch (const std::exception& error) {
    job_failed_ = error.what();
    Submitted();
  }
}

}  // namespace mlp::test
