// Nodes that register, vanish, freeze, come back and drain while a job runs: real programs, with
// the job's own events as the witness. Prints how long things took.

#include <google/protobuf/util/time_util.h>
#include <grpcpp/client_context.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mlp/v1/cluster.grpc.pb.h"
#include "mlp/v1/job.grpc.pb.h"
#include "services/base/protocol_version.h"
#include "services/rpc/channel.h"
#include "test/support/program_cluster.h"

using namespace mlp::test;
using Catch::Contains;

namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using Time = std::chrono::system_clock::time_point;
using mlp::v1::JobEvent;
using mlp::v1::JobService;

Time TimeOf(const JobEvent& event) {
  return Time(std::chrono::nanoseconds(
      google::protobuf::util::TimeUtil::TimestampToNanoseconds(event.time())));
}

std::vector<std::string> Concatenated(std::vector<std::string> first,
                                      const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// A coordinator without configured nodes, and a job that does not end by itself.
class ElasticCluster {
 public:
  explicit ElasticCluster(const std::vector<std::string>& options = {})
      : coordinator_(Concatenated({Program("mlp-coordinator"), "--listen", "127.0.0.1:0",
                                   "--data-dir", DatasetsDirectory().string()},
                                  options)),
        address_(ListeningAddress(coordinator_)),
        stub_(JobService::NewStub(mlp::rpc::MakeChannel(address_))) {
    mlp::v1::CreateJobRequest request;
    request.mutable_spec()->set_dataset("letters");
    request.mutable_spec()->set_rounds(100'000);
    request.mutable_spec()->set_epochs(100);
    request.mutable_spec()->set_max_retries(1000);
    grpc::ClientContext context;
    mlp::v1::CreateJobResponse response;
    REQUIRE(stub_->CreateJob(&context, request, &response).ok());
    mlp::v1::WatchJobRequest watch;
    watch.set_id(response.job().id());
    context_.set_deadline(std::chrono::system_clock::now() + 120s);  // a hung test fails
    reader_ = stub_->WatchJob(&context_, watch);
  }
  ~ElasticCluster() {
    context_.TryCancel();
    mlp::v1::WatchJobResponse response;
    while (reader_->Read(&response)) {
    }
    (void)reader_->Finish();
  }

  // Starts a node and returns the time of its start.
  Time Start(const std::string& name, const std::vector<std::string>& options = {},
             const std::string& listen = "127.0.0.1:0") {
    const Time now = std::chrono::system_clock::now();
    nodes_[name] = std::make_unique<Process>(
        Concatenated({Program("mlp-node"), "--listen", listen, "--data-dir",
                      DatasetsDirectory().string(), "--name", name, "--coordinator", address_},
                     options));
    return now;
  }
  std::unique_ptr<Process> Release(const std::string& name) { return std::move(nodes_.at(name)); }
  Process& node(const std::string& name) { return *nodes_.at(name); }
  Time Signal(const std::string& name, int number) {
    const Time now = std::chrono::system_clock::now();
    node(name).Signal(number);
    return now;
  }
  Process& coordinator() { return coordinator_; }
  const std::string& address() const { return address_; }
  ProcessResult Client(const std::vector<std::string>& arguments) const {
    return Run(Concatenated({Program("mlp-client"), "--coordinator", address_}, arguments));
  }
  // Starts `mlp-client watch` for the job.
  std::unique_ptr<Process> Watcher() const {
    return std::make_unique<Process>(std::vector<std::string>{
        Program("mlp-client"), "--coordinator", address_, "watch", "job-1"});
  }
  // Asks `mlp-client nodes` until its output has `text`; returns its last output.
  std::string NodesUntil(const std::string& text) const {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    std::string said;
    while (said.find(text) == std::string::npos && std::chrono::steady_clock::now() < limit) {
      said = Client({"nodes"}).out;
    }
    return said;
  }

  // The job's next event that `is_so`; an event without content if none came. The events before it
  // are in `seen`.
  JobEvent Next(const std::function<bool(const JobEvent&)>& is_so) {
    while (true) {
      for (; next_ < batch_.events_size(); ++next_) {
        seen.push_back(batch_.events(next_));
        if (is_so(seen.back())) return batch_.events(next_++);
      }
      next_ = 0;
      batch_.Clear();
      if (!reader_->Read(&batch_)) return {};
    }
  }
  JobEvent Accepted(const std::string& name, Time after) {
    return Next([&](const JobEvent& event) {
      return event.attempt_accepted().node() == name && TimeOf(event) >= after;
    });
  }
  JobEvent Left(const std::string& name) {
    return Next([&](const JobEvent& event) { return event.node_left().node() == name; });
  }
  JobEvent Waiting() {
    return Next([](const JobEvent& event) { return !event.waiting().reason().empty(); });
  }
  JobEvent RoundFinished() {
    return Next([](const JobEvent& event) { return event.has_round_finished(); });
  }

  std::vector<JobEvent> seen;

 private:
  Process coordinator_;
  const std::string address_;
  std::map<std::string, std::unique_ptr<Process>> nodes_;
  std::unique_ptr<JobService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<mlp::v1::WatchJobResponse>> reader_;
  mlp::v1::WatchJobResponse batch_;
  int next_ = 0;
};

// Prints the time, and checks that it is below a limit that even a busy machine keeps.
void Measured(const std::string& what, Time begin, const JobEvent& end,
              std::chrono::seconds limit) {
  REQUIRE(end.sequence() > 0);
  const std::chrono::duration<double> took = TimeOf(end) - begin;
  std::cout << what << ": " << took.count() << " s" << std::endl;
  CHECK(took < limit);
}

}  // namespace

TEST_CASE("a job waits for nodes, and one that registers gets work at once") {
  ElasticCluster cluster;
  CHECK_THAT(cluster.Waiting().waiting().reason(), Contains("no node is configured or has "
                                                            "registered"));
  const Time started = cluster.Start("a");
  Measured("a new node's first task after its start", started, cluster.Accepted("a", started), 10s);
  CHECK(cluster.RoundFinished().sequence() > 0);
}

TEST_CASE("a node that was killed gets work at once when it is restarted under its name") {
  ElasticCluster cluster;
  cluster.Start("a");
  const Time first = cluster.Start("b");
  REQUIRE(cluster.Accepted("b", first).sequence() > 0);
  const auto watcher = cluster.Watcher();
  const Time killed = cluster.Signal("b", SIGKILL);
  Measured("a killed node is noticed after", killed, cluster.Left("b"), 10s);
  watcher->WaitForLine("node b gets nothing new: the connection was lost");
  CHECK_THAT(cluster.Client({"nodes"}).out, Contains("\nb is down: "));
  const Time again = cluster.Start("b");
  Measured("a restarted node's first task after its start", again, cluster.Accepted("b", again),
           10s);
}

TEST_CASE("a node that is replaced before its death was noticed gets work at once, too") {
  ElasticCluster cluster;
  cluster.Start("a");
  const Time first = cluster.Start("b");
  REQUIRE(cluster.Accepted("b", first).sequence() > 0);
  cluster.Signal("b", SIGSTOP);  // it cannot even close its connection
  const std::unique_ptr<Process> frozen = cluster.Release("b");
  const Time again = cluster.Start("b");
  const JobEvent left = cluster.Left("b");
  CHECK(left.node_left().reason() == "is being connected to");
  Measured("a replaced node's first task after its start", again, cluster.Accepted("b", again),
           10s);
}

TEST_CASE("a frozen node is noticed, its shards move, and it gets work when it goes on") {
  ElasticCluster cluster;
  cluster.Start("a");
  const Time first = cluster.Start("b");
  REQUIRE(cluster.Accepted("b", first).sequence() > 0);
  const Time frozen = cluster.Signal("b", SIGSTOP);
  Measured("a frozen node is noticed after", frozen, cluster.Left("b"), 10s);
  const std::string ended = "its lease has ended: no heartbeat for 3.5 s";
  CHECK_THAT(cluster.NodesUntil(ended), Contains("b is down: " + ended));
  cluster.coordinator().WaitForLine("node b is gone, what it had goes to others: " + ended);
  const JobEvent round = cluster.RoundFinished();
  Measured("the round that a frozen node held up is finished after", frozen, round, 20s);
  const Time continued = cluster.Signal("b", SIGCONT);
  Measured("a frozen node's first task after it goes on", continued,
           cluster.Accepted("b", continued), 10s);
}

TEST_CASE("SIGTERM lets a node finish what it has: nothing fails, and it ends with 0") {
  ElasticCluster cluster;
  cluster.Start("a");
  const Time first = cluster.Start("b");
  REQUIRE(cluster.Accepted("b", first).sequence() > 0);
  const Time asked = cluster.Signal("b", SIGTERM);
  CHECK(cluster.node("b").Wait().exit_code == 0);
  const JobEvent left = cluster.Left("b");
  Measured("a node's SIGTERM is heard after", asked, left, 5s);
  CHECK(left.node_left().reason() == "is shutting down");
  CHECK(cluster.RoundFinished().sequence() > 0);
  CHECK(cluster.RoundFinished().sequence() > 0);
  int rejected = 0;
  for (const JobEvent& event : cluster.seen) {
    CHECK_FALSE(event.has_attempt_failed());
    rejected += event.has_attempt_rejected();
    if (TimeOf(event) > TimeOf(left)) CHECK(event.attempt_dispatched().node() != "b");
  }
  CHECK(rejected <= 8);  // its slots limit the tasks on their way
}

TEST_CASE("a job whose nodes are all killed waits, says why, and goes on when one returns") {
  ElasticCluster cluster;
  const Time first = cluster.Start("a");
  cluster.Start("b");
  REQUIRE(cluster.Accepted("a", first).sequence() > 0);
  REQUIRE(cluster.Accepted("b", first).sequence() > 0);
  const auto watcher = cluster.Watcher();
  cluster.Signal("a", SIGKILL);
  cluster.Signal("b", SIGKILL);
  const std::string reason = cluster.Waiting().waiting().reason();
  CHECK_THAT(reason, Contains("no node is up") && Contains("a (") && Contains("b ("));
  CHECK_THAT(cluster.Client({"explain", "job-1"}).out,
             Contains("no node is up") && Contains("a (") && Contains("b ("));
  watcher->WaitForLine("waiting: no node is up");
  const Time again = cluster.Start("a");
  Measured("a job that waited goes on after a node's start", again, cluster.Accepted("a", again),
           10s);
  CHECK(cluster.RoundFinished().sequence() > 0);
}

TEST_CASE("a job whose nodes are all drained waits, says why, and goes on when one is undrained") {
  ElasticCluster cluster;
  const Time first = cluster.Start("a");
  REQUIRE(cluster.Accepted("a", first).sequence() > 0);
  const ProcessResult drained = cluster.Client({"drain", "a"});
  CHECK(drained.exit_code == 0);
  CHECK_THAT(drained.out, Contains("a gets nothing new"));
  CHECK_THAT(cluster.Waiting().waiting().reason(), Contains("drained by the operator"));
  CHECK_THAT(cluster.Client({"nodes"}).out, Contains("draining") && Contains("undrain a"));
  const ProcessResult undrained = cluster.Client({"undrain", "a"});
  CHECK(undrained.exit_code == 0);
  CHECK_THAT(undrained.out, Contains("a gets work again"));
  CHECK(cluster.RoundFinished().sequence() > 0);
  for (const JobEvent& event : cluster.seen) CHECK_FALSE(event.has_attempt_failed());
  const ProcessResult unknown = cluster.Client({"drain", "z"});
  CHECK(unknown.exit_code == 1);
  CHECK_THAT(unknown.err, Contains("no node \"z\" is known"));
}

TEST_CASE("the times after which a silent node is given up are the operator's") {
  ElasticCluster cluster(
      {"--heartbeat-interval", "100ms", "--suspect-after", "3", "--dead-after", "5"});
  const Time first = cluster.Start("a");
  REQUIRE(cluster.Accepted("a", first).sequence() > 0);
  cluster.Signal("a", SIGSTOP);
  CHECK(cluster.Left("a").node_left().reason() == "missed 3 heartbeats");
  cluster.coordinator().WaitForLine("its lease has ended: no heartbeat for 0.6 s");
}

TEST_CASE("a node that cannot be dialled back says so, and gets work at the right address") {
  ElasticCluster cluster;
  cluster.Start("a", {"--advertise", "127.0.0.1:1"});
  const std::string said =
      cluster.node("a").WaitForLine("registered, but the coordinator cannot connect to this node");
  CHECK_THAT(said, Contains("is --advertise right?"));
  CHECK_THAT(cluster.Client({"nodes"}).out, Contains("a is down: "));
  cluster.Release("a");
  const std::string reached = "127.0.0.1:" + std::to_string(FreePort());
  const Time again = cluster.Start("a", {"--advertise", reached}, reached);
  CHECK(cluster.Accepted("a", again).sequence() > 0);
}

TEST_CASE("of two nodes with one name the newer one works, and the logs say so") {
  ElasticCluster cluster;
  const Time first = cluster.Start("a");
  REQUIRE(cluster.Accepted("a", first).sequence() > 0);
  const std::unique_ptr<Process> older = cluster.Release("a");
  const Time second = cluster.Start("a");
  CHECK(cluster.Accepted("a", second).sequence() > 0);
  for (Process* log : {older.get(), &cluster.coordinator()}) {
    CHECK_THAT(log->WaitForLine("another process, at 127.0.0.1:"),
               Contains("has taken the name \"a\" since; give one of them another --name"));
  }
  CHECK_THAT(cluster.node("a").WaitForLine("registered"), Contains("as a"));
  const Time third = cluster.Start("b");
  CHECK(cluster.Accepted("b", third).sequence() > 0);
  // Once the newer one is stopped, the older one has the name again.
  const Time stopped = cluster.Signal("a", SIGTERM);
  CHECK(cluster.node("a").Wait().exit_code == 0);
  CHECK(cluster.Accepted("a", stopped).sequence() > 0);
}

TEST_CASE("a node of another build is refused, and the log and the list of nodes say why") {
  ElasticCluster cluster;
  mlp::v1::HeartbeatRequest request;
  request.set_name("a");
  request.set_instance_id("i1");
  request.set_address(":1");
  request.set_protocol(mlp::kProtocolVersion);
  request.set_arithmetic("abacus");
  const auto stub = mlp::v1::ClusterService::NewStub(mlp::rpc::MakeChannel(cluster.address()));
  grpc::ClientContext context;
  mlp::v1::HeartbeatResponse response;
  CHECK(stub->Heartbeat(&context, request, &response).error_code() ==
        grpc::StatusCode::FAILED_PRECONDITION);
  const std::string why = "is refused: its arithmetic is abacus, this cluster's is mlp-";
  cluster.coordinator().WaitForLine("node a " + why);
  CHECK_THAT(cluster.Client({"nodes"}).out, Contains("a " + why));
}

// A node that holds every task up for an hour, which it may not reject under this policy.
const std::vector<std::string> kUnrejected = {"--default-policy", "random"};
void StartHoldingUp(ElasticCluster& cluster, const std::string& drain_timeout) {
  const Time first = cluster.Start(
      "a", {"--load-probability", "1", "--load-delay", "1h", "--drain-timeout", drain_timeout});
  REQUIRE(cluster.Accepted("a", first).sequence() > 0);
}

TEST_CASE("what a node has not finished when its time to drain is over is made elsewhere") {
  ElasticCluster cluster(kUnrejected);
  StartHoldingUp(cluster, "100ms");
  cluster.Signal("a", SIGTERM);
  const ProcessResult ended = cluster.node("a").Wait();
  CHECK(ended.exit_code == 0);
  CHECK_THAT(ended.err, Contains("the tasks that are left are given up"));
  cluster.Start("b");
  CHECK(cluster.RoundFinished().sequence() > 0);
}

TEST_CASE("a second SIGTERM ends a node at once") {
  ElasticCluster cluster(kUnrejected);
  StartHoldingUp(cluster, "1h");
  cluster.Signal("a", SIGTERM);
  cluster.node("a").WaitForLine("draining on signal");
  cluster.Signal("a", SIGTERM);
  const ProcessResult ended = cluster.node("a").Wait();
  CHECK(ended.exit_code == 0);
  CHECK_THAT(ended.err, Contains("ends at once: a second signal"));
}
