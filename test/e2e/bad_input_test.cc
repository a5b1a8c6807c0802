// Tests of input that a cluster must refuse, with the right error, while a job is running that must
// not notice.

#include <arpa/inet.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "mlp/v1/job.grpc.pb.h"
#include "services/coordinator/api/job_service.h"
#include "services/coordinator/run/coordinator.h"
#include "services/local/local_cluster.h"
#include "test/e2e/bad_specs.h"
#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

using namespace mlp;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

// A data directory with the letters and with datasets that are wrong in one way each.
class Data {
 public:
  Data() {
    fs::copy(test::DatasetsDirectory() / "letters", path() / "letters");
    Add("ragged", "1,2,0\n1,2,3,0\n");
    Add("word", "1,2,0\n1,x,0\n");
    Add("nan", "1,nan,0\n");
    Add("inf", "inf,1,0\n");
    Add("half-class", "1,2,0.5\n");
    Add("negative-class", "1,2,-1\n");
    Add("empty-file", "");
    Add("narrow-validation", "1,2,0\n", "1,0\n");
    Add("no-validation", "1,2,0\n", "");
    scratch_.Write("no-shards/validate_a.txt", "1,2,0\n");
    fs::create_directory_symlink("/", path() / "outside");
  }

  const fs::path& path() const { return scratch_.path(); }

 private:
  void Add(const std::string& dataset, const std::string& train,
           const std::string& validation = "1,2,0\n") {
    scratch_.Write(dataset + "/train_1.txt", train);
    if (!validation.empty()) scratch_.Write(dataset + "/validate_a.txt", validation);
  }

  test::Scratch scratch_;
};

v1::CreateJobRequest Letters() {
  v1::CreateJobRequest request;
  request.mutable_spec()->set_dataset("letters");
  request.mutable_spec()->set_preset(v1::PRESET_REFERENCE);
  return request;
}

// The field that the error's BadRequest names; empty if it has none.
std::string FieldIn(const grpc::Status& status) {
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  for (const auto& any : details.details()) {
    google::rpc::BadRequest bad;
    if (any.UnpackTo(&bad) && bad.field_violations_size() > 0)
      return bad.field_violations(0).field();
  }
  return "";
}

bool HasRetryInfo(const grpc::Status& status) {
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  for (const auto& any : details.details()) {
    if (any.Is<google::rpc::RetryInfo>()) return true;
  }
  return false;
}

std::unique_ptr<v1::JobService::Stub> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt("grpc.enable_http_proxy", 0);
  arguments.SetMaxSendMessageSize(-1);
  return v1::JobService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

grpc::Status Create(v1::JobService::Stub& stub, const v1::CreateJobRequest& request,
                    std::string* id = nullptr) {
  grpc::ClientContext context;
  v1::CreateJobResponse response;
  const grpc::Status status = stub.CreateJob(&context, request, &response);
  if (id != nullptr) *id = response.job().id();
  return status;
}

v1::Job Get(v1::JobService::Stub& stub, const std::string& id) {
  grpc::ClientContext context;
  v1::GetJobRequest request;
  v1::GetJobResponse response;
  request.set_id(id);
  REQUIRE(stub.GetJob(&context, request, &response).ok());
  return response.job();
}

// Follows the job until an event satisfies `wanted`, or to its end.
template <class Wanted>
void Watch(v1::JobService::Stub& stub, const std::string& id, Wanted wanted) {
  grpc::ClientContext context;
  v1::WatchJobRequest request;
  request.set_id(id);
  const auto reader = stub.WatchJob(&context, request);
  v1::WatchJobResponse response;
  bool seen = false;
  while (!seen && reader->Read(&response)) {
    for (const v1::JobEvent& event : response.events()) seen = seen || wanted(event);
  }
  context.TryCancel();
}

v1::Job Finish(v1::JobService::Stub& stub, const std::string& id) {
  Watch(stub, id, [](const v1::JobEvent&) { return false; });
  return Get(stub, id);
}

// Bytes that are not HTTP/2, to a port that expects it.
void SendGarbage(const std::string& address) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  const std::string garbage(100'000, '\xee');
  [[maybe_unused]] const auto sent = ::send(socket, garbage.data(), garbage.size(), MSG_NOSIGNAL);
  ::close(socket);
}

// A call of WatchJob whose request is no message.
grpc::Status WatchGarbage(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt("grpc.enable_http_proxy", 0);
  grpc::GenericStub stub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::Slice slice("\xff\xff garbage");
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  const auto call = stub.PrepareUnaryCall(&context, "/mlp.v1.JobService/WatchJob", request, &queue);
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

void CheckBadSpecs(v1::JobService::Stub& stub) {
  for (const test::BadSpec& bad : test::kBadSpecs) {
    v1::CreateJobRequest request = Letters();
    bad.spoil(*request.mutable_spec());
    const grpc::Status status = Create(stub, request);
    INFO(bad.name << ": " << status.error_message());
    CHECK(status.error_code() == bad.code);
    CHECK(FieldIn(status) == bad.field);
    CHECK_THAT(status.error_message(), Contains(bad.message));
  }
}

// A queue that is full says so, and when to come back. Empties it again.
void CheckFullQueue(v1::JobService::Stub& stub) {
  grpc::Status full;
  std::vector<std::string> queued;
  while (full.ok() && queued.size() < 1000) {
    queued.emplace_back();
    full = Create(stub, Letters(), &queued.back());
  }
  CHECK(queued.size() == coordinator::kMaxPendingJobs + 1);
  CHECK(full.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(HasRetryInfo(full));
  for (const std::string& id : queued) {
    grpc::ClientContext context;
    v1::CancelJobRequest request;
    v1::CancelJobResponse response;
    request.set_id(id);
    stub.CancelJob(&context, request, &response);
  }
}

struct Watcher {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::WatchJobResponse>> reader;
};

struct Watchers {
  std::vector<std::unique_ptr<v1::JobService::Stub>> connections;
  std::vector<std::unique_ptr<Watcher>> all;
};

// As many watchers as there may be, none of which reads. Unread messages fill the window of their
// connection, so the last one, which may read, has a connection of its own.
Watchers FillUpWatchers(const std::string& address, const v1::WatchJobRequest& watch) {
  constexpr std::size_t kPerConnection = 50;
  Watchers watchers;
  while (watchers.all.size() < coordinator::kMaxWatchers) {
    const bool last = watchers.all.size() + 1 == coordinator::kMaxWatchers;
    if (last || watchers.all.size() % kPerConnection == 0) {
      watchers.connections.push_back(Connect(address));
    }
    Watcher& watcher = *watchers.all.emplace_back(std::make_unique<Watcher>());
    watcher.reader = watchers.connections.back()->WatchJob(&watcher.context, watch);
  }
  return watchers;
}

}  // namespace

TEST_CASE("bad input gets the error it deserves and a running job does not notice") {
  Data data;
  local::LocalClusterOptions options;
  options.data_dir = data.path();
  options.nodes = 2;
  options.load_probabilities = {0.5};
  options.load_delay = std::chrono::milliseconds(300);  // so that the job lasts
  const auto cluster = local::LocalCluster::Start(options).value();
  const auto stub = Connect(cluster->coordinator_address());
  std::string running;
  REQUIRE(Create(*stub, Letters(), &running).ok());
  Watch(*stub, running, [](const v1::JobEvent& event) { return event.has_round_started(); });

  CheckBadSpecs(*stub);
  v1::CreateJobRequest oversized = Letters();
  oversized.set_request_id(std::string(80 << 20, 'x'));
  CHECK(Create(*stub, oversized).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  v1::CreateJobRequest long_id = Letters();
  long_id.set_request_id(std::string(129, 'x'));
  CHECK(FieldIn(Create(*stub, long_id)) == "request_id");
  CHECK(FieldIn(Create(*stub, v1::CreateJobRequest())) == "spec");
  for (int i = 0; i < 5; ++i) SendGarbage(cluster->coordinator_address());
  CHECK(WatchGarbage(cluster->coordinator_address()).error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);

  CheckFullQueue(*stub);

  CHECK(Get(*stub, running).state() == v1::JOB_STATE_RUNNING);
  const v1::Job job = Finish(*stub, running);
  CHECK(job.state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(job.validation().wrong_rows() == 1166);
}

TEST_CASE("a thousand watchers that stop reading hold up no job, and one more is refused") {
  local::LocalClusterOptions options;
  options.data_dir = test::DatasetsDirectory();
  options.nodes = 2;
  const auto cluster = local::LocalCluster::Start(options).value();
  const auto stub = Connect(cluster->coordinator_address());
  std::string id;
  v1::CreateJobRequest long_job = Letters();
  long_job.mutable_spec()->set_rounds(100'000);
  REQUIRE(Create(*stub, long_job, &id).ok());
  v1::WatchJobRequest watch;
  watch.set_id(id);

  const Watchers silent = FillUpWatchers(cluster->coordinator_address(), watch);
  v1::WatchJobResponse response;
  // The coordinator learns a moment later that a stream has begun or ended.
  const auto try_one_more = [&](grpc::Status& status) {
    grpc::ClientContext context;
    const auto reader = stub->WatchJob(&context, watch);
    const bool let_in = reader->Read(&response);
    if (let_in) context.TryCancel();
    status = reader->Finish();
    return let_in;
  };
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  grpc::Status refused;
  while (try_one_more(refused) && std::chrono::steady_clock::now() < limit) {
  }
  CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK_THAT(refused.error_message(), Contains("1000 streams of events are open, which is the "
                                               "limit"));
  CHECK(HasRetryInfo(refused));
  // One reads on after all; one that ends makes room for another.
  bool round_ten = false;
  while (!round_ten && silent.all.back()->reader->Read(&response)) {
    for (const auto& event : response.events()) round_ten = round_ten || event.round() == 10;
  }
  CHECK(round_ten);
  silent.all.front()->context.TryCancel();
  bool let_in = false;
  while (!let_in && std::chrono::steady_clock::now() < limit) let_in = try_one_more(refused);
  CHECK(let_in);
  for (const auto& watcher : silent.all) watcher->context.TryCancel();
}

TEST_CASE("a node whose shard differs is not asked for it again, and the others train it") {
  Data data;
  Data other;
  std::ofstream(other.path() / "letters" / "train_letters3.txt", std::ios::app)
      << "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1\n";
  node::NodeServerOptions good_options;
  good_options.listen = "127.0.0.1:0";
  good_options.data_dir = data.path();
  good_options.name = "good";
  node::NodeServerOptions stale_options = good_options;
  stale_options.data_dir = other.path();
  stale_options.name = "stale";
  const auto good = node::NodeServer::Start(good_options).value();
  const auto stale = node::NodeServer::Start(stale_options).value();
  coordinator::CoordinatorServerOptions options;
  options.listen = "127.0.0.1:0";
  options.data_dir = data.path();
  options.nodes = {{"127.0.0.1", static_cast<std::uint16_t>(good->port())},
                   {"127.0.0.1", static_cast<std::uint16_t>(stale->port())}};
  const auto server = coordinator::CoordinatorServer::Start(options).value();
  const auto stub = Connect("127.0.0.1:" + std::to_string(server->port()));

  // pull would leave the shard with the node that trained it first.
  v1::CreateJobRequest request = Letters();
  request.mutable_spec()->set_policy(v1::POLICY_RANDOM);
  std::string id;
  REQUIRE(Create(*stub, request, &id).ok());
  std::vector<std::string> reasons;
  Watch(*stub, id, [&](const v1::JobEvent& event) {
    if (event.has_attempt_failed()) reasons.push_back(event.attempt_failed().reason());
    return false;
  });
  const v1::Job job = Get(*stub, id);
  CHECK(job.state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(job.validation().wrong_rows() == 1166);
  REQUIRE_FALSE(reasons.empty());
  CHECK(reasons.size() <= 30);  // at most once a round
  for (const std::string& reason : reasons) {
    CHECK_THAT(reason, Contains("letters/train_letters3.txt: this node's file has SHA-256 ") &&
                           Contains("the request says "));
  }
}

TEST_CASE("diverging training ends as failed with its round, not with nan") {
  test::ProgramCluster cluster({});
  const test::ProcessResult result = cluster.Client(
      {"train", "letters", "--activation", "identity", "--learning-rate", "10", "--json"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.out, Contains("parameters became non-finite in round ") &&
                             Contains("; a smaller learning rate may help"));
  CHECK_THAT(result.out, Contains("JOB_STATE_FAILED"));
  CHECK_THAT(result.out, !Contains("NaN") && !Contains("Infinity"));
  const test::ProcessResult smaller =
      cluster.Client({"train", "letters", "--activation", "identity", "--rounds", "1"});
  CHECK(smaller.exit_code == 0);
}

TEST_CASE(
    "a learning rate that only saturates the reference's model gives bad but finite numbers") {
  test::ProgramCluster cluster({});
  const test::ProcessResult result = cluster.Client(
      {"train", "letters", "--preset", "reference", "--learning-rate", "10", "--json"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("JOB_STATE_SUCCEEDED"));
  CHECK_THAT(result.out, !Contains("NaN") && !Contains("Infinity"));
}
