// GrpcCluster with real nodes and heartbeats made up by the test, on the test's own loop.
#include "services/coordinator/nodes/grpc_cluster.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "libmlp/kernels/kernels.h"
#include "libmlp/model/initialization.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/train/training.h"
#include "mlp/v1/node.grpc.pb.h"
#include "services/async/inline_workers.h"
#include "services/async/wait.h"
#include "services/attempt/trained.h"
#include "services/base/protocol_version.h"
#include "services/base/sha256.h"
#include "services/node/node_server.h"
#include "services/rpc/channel.h"
#include "services/simulation/synthetic_trainer.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using async::Task;
using Catch::Contains;

// Heartbeats of an hour: the tests' nodes have no lease flow, and none is to expire by itself.
constexpr LeaseTerms kLong{1h, 2, 3};
constexpr LeaseTerms kShort{50ms, 2, 3};

// A node that holds every task up for an hour, or computes in no time.
std::unique_ptr<node::NodeServer> StartNode(bool held_up) {
  node::NodeServerOptions options;
  options.listen = "127.0.0.1:0";
  options.name = "a";
  options.load_probability = held_up ? 1 : 0;
  options.load_delay = 1h;
  options.make_trainer = [](async::Clock&) {
    return std::make_unique<simulation::SyntheticTrainer>();
  };
  return node::NodeServer::Start(options).value();
}

// Returns the parameters that a job begins with; another job's are others.
RoundParameters ParametersOf(const ModelSpec& model, int job) {
  RoundParameters parameters;
  parameters.values = Share(InitialParameters(
      model, Precision::kFloat64, Initialization::kReference, static_cast<std::uint32_t>(job)));
  parameters.sha256 = Sha256(BytesOf(*parameters.values));
  return parameters;
}

class GrpcClusterFixture : private MembershipObserver, private AttemptObserver {
 public:
  explicit GrpcClusterFixture(LeaseTerms terms = kLong)
      : cluster(loop, workers, terms), changed_(loop) {
    cluster.SetObserver(this);
    tasks_.Spawn(cluster.Run({}, stop_.get_token()));
  }

  // Runs the flow to its end, then everything else.
  void Run(Task<> flow) {
    tasks_.Spawn(ThenStop(std::move(flow)));
    closing_.Spawn(ShutDownAfterTasks());
    loop.Run();
  }

  absl::StatusOr<int> Heartbeat(const node::NodeServer& node) {
    return HeartbeatOf(node.instance_id(), node.port());
  }
  absl::StatusOr<int> HeartbeatOf(const std::string& instance_id, int port) {
    NodeHeartbeat heartbeat;
    heartbeat.name = "a";
    heartbeat.instance_id = instance_id;
    heartbeat.address = "127.0.0.1:" + std::to_string(port);
    heartbeat.arithmetic = std::string(ArithmeticId());
    return cluster.Heartbeat(heartbeat);
  }
  Task<> Until(std::size_t changes) {
    while (happened.size() < changes) co_await changed_.Wait();
  }
  Task<> UntilAccepted() {
    while (!accepted_) co_await changed_.Wait();
  }
  Task<> Train(std::string& end) {
    const ModelSpec small{{2, 3, 2}, Activation::kTanh};
    return TrainModel(end, small, 0);
  }
  Task<> TrainModel(std::string& end, ModelSpec shape, int shard, int job = 1) {
    const auto model = std::make_shared<const ModelSpec>(std::move(shape));
    auto task = std::make_shared<TrainTask>();
    task->job_id = "job-" + std::to_string(job);
    task->round = 1;
    task->shard = shard;
    task->data = {"xor", "train_1.txt", std::string(32, 'x')};
    task->model = model;
    task->parameters = ParametersOf(*model, job);
    task->terms.slots = 1;
    task->terms.rejectable = false;
    const std::stop_token stop = stop_.get_token();
    const auto outcome = co_await cluster.TrainShard(0, std::move(task), *this, stop);
    if (!outcome.ok()) {
      end = outcome.status().ToString();
    } else if (const auto* reason = std::get_if<RejectReason>(&*outcome)) {
      end = std::string("rejected: ") + ReasonText(*reason);
    } else {
      end = "trained";
      const Trained& trained = *std::get<SharedTrained>(*outcome);
      CHECK(SizeOf(*trained.gradient) == ParameterCount(*model));
      CHECK(trained.digest == Sha256(BytesOf(*trained.gradient)));
    }
    ends += end + " ";
    changed_.Notify();
  }
  Task<> UntilEnded(std::size_t attempts) {
    while (static_cast<std::size_t>(std::ranges::count(ends, ' ')) < attempts) {
      co_await changed_.Wait();
    }
  }
  void Spawn(Task<> task) { tasks_.Spawn(std::move(task)); }
  Task<> UntilSaid(const std::string& end) {
    while (end.empty()) co_await changed_.Wait();
  }

  rpc::Loop loop;
  async::InlineWorkers workers{loop};
  GrpcCluster cluster;
  std::vector<std::string> happened;  // "+a", "-a: why"
  std::string ends;                   // of attempts, in order

 private:
  void OnNodeJoined(int, const std::string& name) override { Note("+" + name); }
  void OnNodeLeft(int, const std::string& name, const std::string& reason) override {
    Note("-" + name + ": " + reason);
  }
  void OnAccepted(int) override {
    accepted_ = true;
    changed_.Notify();
  }
  void OnStarted(std::chrono::nanoseconds, std::chrono::nanoseconds) override {}
  void Note(std::string what) {
    happened.push_back(std::move(what));
    changed_.Notify();
  }
  Task<> ThenStop(Task<> flow) {
    co_await std::move(flow);
    stop_.request_stop();
  }
  Task<> ShutDownAfterTasks() {
    co_await tasks_.Join();
    loop.Shutdown();
  }

  async::Signal changed_;
  bool accepted_ = false;
  std::stop_source stop_;
  async::TaskGroup tasks_;
  async::TaskGroup closing_;
};

Task<> RegisterAndTrain(GrpcClusterFixture& f, const node::NodeServer& node, std::string& end) {
  CHECK(f.Heartbeat(node).ok());
  co_await f.Until(1);
  co_await f.Train(end);
}

TEST_CASE("a node that registers is dialled back and trains") {
  const auto node = StartNode(false);
  GrpcClusterFixture f;
  std::string end;
  f.Run(RegisterAndTrain(f, *node, end));
  CHECK(f.happened == std::vector<std::string>{"+a"});
  CHECK(end == "trained");
  CHECK(f.cluster.nodes()[0].finished_attempts == 1);
  CHECK(f.cluster.nodes()[0].active_attempts == 0);
}

// A model with more parameters than a message carries within it.
const ModelSpec kLarge{{2, 600, 600, 2}, Activation::kTanh};

Task<> TrainLarge(GrpcClusterFixture& f, const node::NodeServer& node,
                  std::vector<std::string>& ends) {
  CHECK(f.Heartbeat(node).ok());
  co_await f.Until(1);
  // Both are sent at once: the later one comes first, and waits for the parameters on their way.
  for (std::size_t i = ends.size(); i-- > 0;) {
    f.Spawn(f.TrainModel(ends[i], kLarge, static_cast<int>(i)));
  }
  co_await f.UntilEnded(ends.size());
}

TEST_CASE("large parameters go to a node once, and large gradients come back in pieces") {
  const auto node = StartNode(false);
  GrpcClusterFixture f;
  std::vector<std::string> ends(2);  // as many as the node takes at once
  f.Run(TrainLarge(f, *node, ends));
  CHECK(ends == std::vector<std::string>(2, "trained"));
}

// A node that counts how often it is sent which parameters, and trains nothing. The answer to one
// set of them waits until it is let go.
class CountingNode final : public v1::NodeService::Service {
 public:
  explicit CountingNode(std::string held) : held_(std::move(held)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~CountingNode() override {
    LetGo();
    server_->Shutdown();
  }

  int port() const { return port_; }
  void LetGo() {
    {
      const std::scoped_lock lock(mutex_);
      let_go_ = true;
    }
    changed_.notify_all();
  }
  // Returns the number of times, by digest.
  std::map<std::string, int> puts() {
    const std::scoped_lock lock(mutex_);
    return puts_;
  }

  grpc::Status GetNode(grpc::ServerContext*, const v1::GetNodeRequest*,
                       v1::GetNodeResponse* response) override {
    response->set_name("a");
    response->set_instance_id("counting");
    response->set_arithmetic(std::string(ArithmeticId()));
    response->set_protocol(kProtocolVersion);
    return grpc::Status::OK;
  }
  grpc::Status PutParameters(grpc::ServerContext*,
                             grpc::ServerReader<v1::PutParametersRequest>* pieces,
                             v1::PutParametersResponse*) override {
    std::string sha256;
    v1::PutParametersRequest piece;
    while (pieces->Read(&piece)) {
      if (sha256.empty()) sha256 = piece.parameters().sha256();
    }
    std::unique_lock lock(mutex_);
    ++puts_[sha256];
    if (sha256 == held_) changed_.wait(lock, [this] { return let_go_; });
    return grpc::Status::OK;
  }
  grpc::Status TrainShard(grpc::ServerContext*, const v1::TrainShardRequest*,
                          grpc::ServerWriter<v1::TrainShardEvent>*) override {
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "trains nothing");
  }

 private:
  const std::string held_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool let_go_ = false;
  std::map<std::string, int> puts_;
};

Task<> SendTwoSets(GrpcClusterFixture& f, CountingNode& node, std::vector<std::string>& ends) {
  CHECK(f.HeartbeatOf("counting", node.port()).ok());
  co_await f.Until(1);
  f.Spawn(f.TrainModel(ends[0], kLarge, 0, 1));
  f.Spawn(f.TrainModel(ends[1], kLarge, 0, 2));
  co_await f.UntilSaid(ends[0]);
  // The first set has arrived, the second is still on its way.
  f.Spawn(f.TrainModel(ends[2], kLarge, 1, 2));
  node.LetGo();
  co_await f.UntilSaid(ends[1]);
  co_await f.UntilSaid(ends[2]);
}

TEST_CASE("large parameters of two jobs go to a node at the same time, and each of them once") {
  const std::string first = ParametersOf(kLarge, 1).sha256;
  const std::string second = ParametersOf(kLarge, 2).sha256;
  CountingNode node(second);
  GrpcClusterFixture f;
  std::vector<std::string> ends(3);
  f.Run(SendTwoSets(f, node, ends));
  CHECK(node.puts() == std::map<std::string, int>{{first, 1}, {second, 1}});
  for (const std::string& end : ends) CHECK_THAT(end, Contains("trains nothing"));
}

Task<> SendByTurns(GrpcClusterFixture& f, const CountingNode& node,
                   std::vector<std::string>& ends) {
  CHECK(f.HeartbeatOf("counting", node.port()).ok());
  co_await f.Until(1);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    co_await f.TrainModel(ends[i], kLarge, static_cast<int>(i), i % 2 == 0 ? 1 : 2);
  }
}

TEST_CASE("large parameters of jobs that take turns on a node go to it once each") {
  CountingNode node("");
  GrpcClusterFixture f;
  std::vector<std::string> ends(4);
  f.Run(SendByTurns(f, node, ends));
  CHECK(node.puts() == std::map<std::string, int>{{ParametersOf(kLarge, 1).sha256, 1},
                                                  {ParametersOf(kLarge, 2).sha256, 1}});
  for (const std::string& end : ends) CHECK_THAT(end, Contains("trains nothing"));
}

Task<> Replace(GrpcClusterFixture& f, const node::NodeServer& first, const node::NodeServer& second,
               std::string& end) {
  CHECK(f.Heartbeat(first).ok());
  co_await f.Until(1);
  f.Spawn(f.Train(end));
  co_await f.UntilAccepted();
  CHECK(f.Heartbeat(second).ok());
  co_await f.UntilSaid(end);
  co_await f.Until(3);
  CHECK(absl::IsFailedPrecondition(f.Heartbeat(first).status()));
}

TEST_CASE("what a replaced process holds is lost at once, though it is still connected") {
  const auto first = StartNode(true);
  const auto second = StartNode(true);
  GrpcClusterFixture f;
  std::string end;
  f.Run(Replace(f, *first, *second, end));
  CHECK_THAT(end, Contains("UNAVAILABLE: the node is lost: another process has taken its place"));
  REQUIRE(f.happened.size() == 3);
  CHECK(f.happened[0] == "+a");
  CHECK_THAT(f.happened[1], Contains("-a"));
  CHECK(f.happened[2] == "+a");
  CHECK(f.cluster.nodes().size() == 1);
  CHECK_THAT(f.cluster.nodes()[0].last_error, Contains("the node is lost"));
}

Task<> LetLeaseEnd(GrpcClusterFixture& f, const node::NodeServer& node, std::string& end) {
  while (f.happened.empty()) {  // until it is connected to
    CHECK(f.Heartbeat(node).ok());
    co_await async::SleepFor(f.loop, 20ms);
  }
  f.Spawn(f.Train(end));
  co_await f.UntilSaid(end);
}

TEST_CASE("what a node holds is lost when its lease ends, though it is still connected") {
  const auto node = StartNode(true);
  GrpcClusterFixture f(kShort);
  std::string end;
  f.Run(LetLeaseEnd(f, *node, end));
  CHECK_THAT(end, Contains("UNAVAILABLE: the node is lost: its lease has ended"));
  CHECK(f.happened == std::vector<std::string>{"+a", "-a: missed 2 heartbeats"});
  CHECK(f.cluster.nodes()[0].state == NodeState::kDown);
}

Task<> DrainAndUndrain(GrpcClusterFixture& f, const node::NodeServer& node, std::string& end) {
  CHECK(f.Heartbeat(node).ok());
  co_await f.Until(1);
  f.Spawn(f.Train(end));
  co_await f.UntilAccepted();
  CHECK(f.cluster.Drain("a").ok());
  co_await f.Until(2);
  CHECK(end.empty());  // it keeps what it has
  CHECK(f.cluster.nodes()[0].active_attempts == 1);
  CHECK(f.cluster.Undrain("a").ok());
  co_await f.Until(3);
}

TEST_CASE("a drained node keeps what it has and is back when it is undrained") {
  const auto node = StartNode(true);
  GrpcClusterFixture f;
  std::string end;
  f.Run(DrainAndUndrain(f, *node, end));
  REQUIRE(f.happened.size() == 3);
  CHECK_THAT(f.happened[1], Contains("-a: drained by the operator"));
  CHECK(f.happened[2] == "+a");
  CHECK_THAT(end, Contains("CANCELLED"));  // by the end of the test
}

Task<> TrainWhileItDrains(GrpcClusterFixture& f, node::NodeServer& node, std::string& held,
                          std::string& end) {
  CHECK(f.Heartbeat(node).ok());
  co_await f.Until(1);
  f.Spawn(f.Train(held));
  co_await f.UntilAccepted();
  (void)node.Drain(1h);
  co_await f.Train(end);
  co_await f.Until(2);
  CHECK(held.empty());
}

TEST_CASE("a node that drains rejects what is new, and that tells its coordinator") {
  const auto node = StartNode(true);
  GrpcClusterFixture f;
  std::string held, end;  // of attempts, which may outlast the flow that began them
  f.Run(TrainWhileItDrains(f, *node, held, end));
  CHECK(end == "rejected: shutting down");
  CHECK(f.happened == std::vector<std::string>{"+a", "-a: is shutting down"});
}

Task<> GoAndComeBack(GrpcClusterFixture& f, std::unique_ptr<node::NodeServer>& node) {
  CHECK(f.Heartbeat(*node).ok());
  co_await f.Until(1);
  node->Stop(0ms);
  co_await f.Until(2);
  node = StartNode(false);
  CHECK(f.Heartbeat(*node).ok());
  co_await f.Until(3);
}

TEST_CASE("a node that vanished is up as soon as it is heard under its name again") {
  auto node = StartNode(false);
  GrpcClusterFixture f;
  f.Run(GoAndComeBack(f, node));
  CHECK(f.happened == std::vector<std::string>{"+a", "-a: the connection was lost", "+a"});
}

}  // namespace
}  // namespace mlp::coordinator
