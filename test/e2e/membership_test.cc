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

#include "mlp/v1/job.grpc.pb.h"
#include "services/rpc/channel.h"
#include "test/e2e/program_cluster.h"

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

// A coordinator without configured nodes, and a job that does not end by itself.
class ElasticCluster {
 public:
  ElasticCluster()
      : coordinator_({Program("mlp-coordinator"), "--listen", "127.0.0.1:0", "--data-dir",
                      DatasetsDirectory().string()}),
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

  // When it was started.
  Time Start(const std::string& name) {
    const Time now = std::chrono::system_clock::now();
    nodes_[name] = std::make_unique<Process>(std::vector<std::string>{
        Program("mlp-node"), "--listen", "127.0.0.1:0", "--data-dir", DatasetsDirectory().string(),
        "--name", name, "--coordinator", address_});
    return now;
  }
  std::unique_ptr<Process> Release(const std::string& name) { return std::move(nodes_.at(name)); }
  Process& node(const std::string& name) { return *nodes_.at(name); }
  Time Signal(const std::string& name, int number) {
    const Time now = std::chrono::system_clock::now();
    node(name).Signal(number);
    return now;
  }
  ProcessResult Client(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {Program("mlp-client"), "--coordinator", address_});
    return Run(std::move(arguments));
  }

  // The job's next event that is so; an event without content where none came. Those before it are
  // in `seen`.
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

// Prints the time, and checks that it is not beyond all reason on a machine that does much else.
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
  const Time killed = cluster.Signal("b", SIGKILL);
  Measured("a killed node is noticed after", killed, cluster.Left("b"), 10s);
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
  CHECK(rejected <= 8);  // what was on its way, which its slots limit
}

TEST_CASE("a job whose nodes are all killed waits, says why, and goes on when one returns") {
  ElasticCluster cluster;
  const Time first = cluster.Start("a");
  cluster.Start("b");
  REQUIRE(cluster.Accepted("a", first).sequence() > 0);
  REQUIRE(cluster.Accepted("b", first).sequence() > 0);
  cluster.Signal("a", SIGKILL);
  cluster.Signal("b", SIGKILL);
  const std::string reason = cluster.Waiting().waiting().reason();
  CHECK_THAT(reason, Contains("no node is up") && Contains("a (") && Contains("b ("));
  CHECK_THAT(cluster.Client({"explain", "job-1"}).out, Contains("no node is up"));
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
