// A node over real gRPC on the loopback interface, called as any client would.
#include "services/node/node_server.h"

#include <grpcpp/create_channel.h>

#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "libmlp/data/dataset_files.h"
#include "libmlp/data/shard.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/model/initialization.h"
#include "libmlp/train/training.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"
#include "services/program/healthcheck.h"
#include "services/wire/parameters_proto.h"
#include "test/node/node_calls.h"

namespace mlp::node {
namespace {

const std::filesystem::path kDatasets = std::filesystem::path(MLP_SOURCE_DIR) / "datasets";
constexpr char kLettersShard[] = "train_letters1.txt";

TEST_CASE("a shard of letters trained over the network has the same bits as trained here") {
  const auto server = NodeServer::Start(OptionsFor(kDatasets)).value();
  const auto stub = StubFor(*server);
  const std::string text = ReadFile(kDatasets / "letters" / kLettersShard).value();
  const ModelSpec model{{16, 20, 26}, Activation::kUnrectifiedRelu};
  Call call(*stub, RequestFor({"letters", kLettersShard, Sha256(text)}, model));

  const v1::TrainShardEvent accepted = call.Next();
  REQUIRE(accepted.has_accepted());
  CHECK(accepted.accepted().queued_behind() == 0);
  CHECK(call.Next().has_started());
  const v1::TrainShardEvent last = call.Next();
  REQUIRE(last.has_finished());
  CHECK(call.Finish().ok());

  const TrainingResult expected =
      Train(model, InitialParameters(model, Precision::kFloat64, Initialization::kReference, 1),
            ParseShard(text, kLettersShard).value(), TrainingOptions{})
          .value();
  const v1::TrainShardEvent::Finished& finished = last.finished();
  CHECK(wire::FromProto(finished.gradient(), model, "gradient").value() == expected.gradient);
  CHECK(finished.epochs_run() == expected.epochs_run);
  CHECK(finished.training().rows_source() == kLettersShard);
  CHECK(finished.training().rows() == 1500);
  CHECK(finished.training().wrong_rows() ==
        static_cast<std::int64_t>(expected.training.wrong_rows));
  CHECK(finished.training().loss() == expected.training.loss);
}

TEST_CASE("a node says who it is and what it has done") {
  const DataDirectory data;
  NodeServerOptions options = OptionsFor(data.path());
  options.load_probability = 0.25;
  options.load_delay = 20ms;
  const auto server = NodeServer::Start(options).value();
  const auto stub = StubFor(*server);
  CHECK(Call(*stub, XorRequest(data)).Finish().ok());

  const v1::GetNodeResponse node = GetNode(*stub);
  CHECK(node.name() == "a");
  CHECK(node.instance_id().size() == 16);
  CHECK(node.arithmetic() == std::string(ArithmeticId()));
  CHECK_FALSE(node.version().empty());
  CHECK(node.active_tasks() == 0);
  CHECK(node.finished_tasks() == 1);
  CHECK(node.rejected_tasks() == 0);
  CHECK(node.load_probability() == 0.25);
  CHECK(node.load_delay().nanos() == 20'000'000);
}

TEST_CASE("nodes without a name differ by their port, and every start by its instance") {
  const DataDirectory data;
  NodeServerOptions options = OptionsFor(data.path());
  options.name.clear();
  const auto one = NodeServer::Start(options).value();
  const auto two = NodeServer::Start(options).value();
  CHECK_THAT(one->name(), Catch::EndsWith(":" + std::to_string(one->port())));
  CHECK(one->name() != two->name());
  CHECK(GetNode(*StubFor(*one)).instance_id() != GetNode(*StubFor(*two)).instance_id());
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Mistake {
  std::string field;
  std::function<void(v1::TrainShardRequest&)> spoil;
};
const std::vector<Mistake> kMistakes = {
    {"job_id", [](auto& r) { r.set_job_id(std::string(65, 'j')); }},
    {"round", [](auto& r) { r.set_round(0); }},
    {"shard", [](auto& r) { r.set_shard(-1); }},
    {"offer", [](auto& r) { r.set_offer(-1); }},
    {"data", [](auto& r) { r.clear_data(); }},
    {"data.dataset", [](auto& r) { r.mutable_data()->clear_dataset(); }},
    {"data.dataset", [](auto& r) { r.mutable_data()->set_dataset("../x"); }},
    {"data.dataset", [](auto& r) { r.mutable_data()->set_dataset("xor/.."); }},
    {"data.dataset", [](auto& r) { r.mutable_data()->set_dataset("/etc"); }},
    {"data.dataset", [](auto& r) { r.mutable_data()->set_dataset(std::string("xor\0x", 5)); }},
    {"data.dataset", [](auto& r) { r.mutable_data()->set_dataset(std::string(256, 'd')); }},
    {"data.file", [](auto& r) { r.mutable_data()->clear_file(); }},
    {"data.file", [](auto& r) { r.mutable_data()->set_file(".."); }},
    {"data.file", [](auto& r) { r.mutable_data()->set_file("../xor/train_1.txt"); }},
    {"data.sha256", [](auto& r) { r.mutable_data()->set_sha256("short"); }},
    {"model", [](auto& r) { r.clear_model(); }},
    {"model.activation", [](auto& r) { r.mutable_model()->clear_activation(); }},
    {"model.layer_sizes[1]", [](auto& r) { r.mutable_model()->set_layer_sizes(1, 0); }},
    {"model.layer_sizes", [](auto& r) { r.mutable_model()->set_layer_sizes(1, 1'000'000'000); }},
    {"parameters", [](auto& r) { r.clear_parameters(); }},
    {"parameters.precision", [](auto& r) { r.mutable_parameters()->clear_precision(); }},
    {"parameters.data", [](auto& r) { r.mutable_parameters()->mutable_data()->pop_back(); }},
    {"parameters.sha256", [](auto& r) { (*r.mutable_parameters()->mutable_data())[0] ^= 1; }},
    {"epochs", [](auto& r) { r.set_epochs(0); }},
    {"epochs", [](auto& r) { r.set_epochs(1'000'001); }},
    {"learning_rate", [](auto& r) { r.set_learning_rate(0); }},
    {"learning_rate", [](auto& r) { r.set_learning_rate(kNan); }},
    {"learning_rate", [](auto& r) { r.set_learning_rate(kInfinity); }},
    {"tolerance", [](auto& r) { r.set_tolerance(-1e-9); }},
    {"tolerance", [](auto& r) { r.set_tolerance(kNan); }},
    {"slots", [](auto& r) { r.set_slots(-1); }},
};

TEST_CASE("a request that cannot be is refused with the field at fault") {
  const DataDirectory data;
  const auto server = NodeServer::Start(OptionsFor(data.path())).value();
  const auto stub = StubFor(*server);
  for (const auto& [field, spoil] : kMistakes) {
    v1::TrainShardRequest request = XorRequest(data);
    spoil(request);
    const absl::Status status = Call(*stub, request).Finish();
    INFO(field << ": " << status);
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK(FieldOf(status) == field);
    CHECK_THAT(std::string(status.message()), Catch::StartsWith(field + ": "));
  }
  CHECK(Call(*stub, XorRequest(data)).Finish().ok());  // the node goes on
}

TEST_CASE("a message beyond the limit is refused and the node goes on") {
  const DataDirectory data;
  const auto server = NodeServer::Start(OptionsFor(data.path())).value();
  grpc::ChannelArguments no_limits;
  no_limits.SetMaxSendMessageSize(-1);
  const auto stub = v1::NodeService::NewStub(
      grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server->port()),
                                grpc::InsecureChannelCredentials(), no_limits));
  v1::TrainShardRequest request = XorRequest(data);
  request.mutable_parameters()->mutable_data()->resize(std::size_t{70} << 20);
  CHECK(Call(*stub, request).Finish().code() == absl::StatusCode::kResourceExhausted);
  CHECK(Call(*stub, XorRequest(data)).Finish().ok());
}

TEST_CASE("a shard that is missing, differs or does not fit is a failed precondition") {
  const DataDirectory data;
  const auto server = NodeServer::Start(OptionsFor(data.path())).value();
  v1::TrainShardRequest request = XorRequest(data);
  std::string told;
  SECTION("missing") {
    request.mutable_data()->set_file("train_2.txt");
    told = "xor/train_2.txt: ";
  }
  SECTION("another digest") {
    request.mutable_data()->set_sha256(Sha256("another file"));
    told = Hex(Sha256("another file")).substr(0, 12);
  }
  SECTION("more features than the model") {
    const ModelSpec model{{3, 2}, Activation::kRelu};
    *request.mutable_model() = wire::ToProto(model);
    *request.mutable_parameters() = wire::ToProto(ZeroParameters(Precision::kFloat32, 8));
    told = "xor/train_1.txt: ";
  }
  const absl::Status status = Call(*StubFor(*server), request).Finish();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), Catch::Contains(told));
  CHECK_THAT(std::string(status.message()), !Catch::Contains(data.path().string()));
}

TEST_CASE("training that diverges ends the call as out of range") {
  const DataDirectory data;
  const auto server = NodeServer::Start(OptionsFor(data.path())).value();
  v1::TrainShardRequest request = XorRequest(data);
  request.mutable_model()->set_activation(v1::ACTIVATION_IDENTITY);  // tanh would keep it bounded
  request.set_learning_rate(1e300);
  CHECK(Call(*StubFor(*server), request).Finish().code() == absl::StatusCode::kOutOfRange);
}

TEST_CASE("injected load rejects with its reason and the stream ends well") {
  const DataDirectory data;
  NodeServerOptions options = OptionsFor(data.path());
  options.load_probability = 1;
  const auto server = NodeServer::Start(options).value();
  v1::TrainShardRequest request = XorRequest(data);
  request.set_rejectable(true);
  const auto stub = StubFor(*server);
  Call call(*stub, request);
  CHECK(call.Next().rejected().reason() == v1::TrainShardEvent::Rejected::REASON_LOAD);
  CHECK(call.Finish().ok());
  CHECK(GetNode(*stub).rejected_tasks() == 1);
}

TEST_CASE("a task cancelled in mid-training ends soon and the next one is trained") {
  const auto server = NodeServer::Start(OptionsFor(kDatasets)).value();
  const auto stub = StubFor(*server);
  const std::string digest = Sha256(ReadFile(kDatasets / "letters" / kLettersShard).value());
  const ModelSpec model{{16, 20, 26}, Activation::kRelu};
  v1::TrainShardRequest request = RequestFor({"letters", kLettersShard, digest}, model);
  request.set_epochs(1'000'000);  // many minutes
  Call cancelled(*stub, request);
  REQUIRE(cancelled.Next().has_accepted());
  REQUIRE(cancelled.Next().has_started());

  request.set_epochs(1);
  Call next(*stub, request);
  CHECK(next.Next().accepted().queued_behind() == 1);
  CHECK(Call(*stub, request).Next().rejected().reason() ==
        v1::TrainShardEvent::Rejected::REASON_BUSY);
  cancelled.Cancel();
  CHECK(cancelled.Finish().code() == absl::StatusCode::kCancelled);
  CHECK(next.Next().has_started());
  CHECK(next.Next().has_finished());
  CHECK(next.Finish().ok());
}

TEST_CASE("shutdown ends a task that is held up, long before its delay") {
  const DataDirectory data;
  NodeServerOptions options = OptionsFor(data.path());
  options.load_probability = 1;
  options.load_delay = std::chrono::hours(1);
  const auto server = NodeServer::Start(options).value();
  const auto stub = StubFor(*server);
  Call held_up(*stub, XorRequest(data));
  REQUIRE(held_up.Next().has_accepted());
  server->Stop(std::chrono::minutes(10));  // the test's time limit is shorter
  CHECK(held_up.Finish().code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("shutdown cancels a task that computes beyond the grace") {
  const auto server = NodeServer::Start(OptionsFor(kDatasets)).value();
  const auto stub = StubFor(*server);
  const std::string digest = Sha256(ReadFile(kDatasets / "letters" / kLettersShard).value());
  v1::TrainShardRequest request =
      RequestFor({"letters", kLettersShard, digest}, ModelSpec{{16, 20, 26}, Activation::kRelu});
  request.set_epochs(1'000'000);
  Call computing(*stub, request);
  REQUIRE(computing.Next().has_accepted());
  REQUIRE(computing.Next().has_started());
  server->Stop(0ms);
  CHECK_FALSE(computing.Finish().ok());
}

TEST_CASE("a running node is healthy") {
  const DataDirectory data;
  const auto server = NodeServer::Start(OptionsFor(data.path())).value();
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  CHECK(program::CheckHealth(address, "mlp.v1.NodeService", 60s).ok());
}

TEST_CASE("a node that cannot work says why and does not start") {
  const DataDirectory data;
  NodeServerOptions options = OptionsFor(data.path());
  SECTION("no data directory") {
    options.data_dir = data.path() / "nothing";
    const absl::Status status = NodeServer::Start(options).status();
    CHECK(status.code() == absl::StatusCode::kNotFound);
    CHECK_THAT(std::string(status.message()), Catch::Contains(options.data_dir->string()));
  }
  SECTION("neither a data directory nor a coordinator") {
    options.data_dir.reset();
    const absl::Status status = NodeServer::Start(options).status();
    CHECK(status.code() == absl::StatusCode::kNotFound);
    CHECK_THAT(std::string(status.message()),
               Catch::Contains("--data-dir") && Catch::Contains("--coordinator"));
  }
  SECTION("port taken") {
    const auto first = NodeServer::Start(options).value();
    options.listen = "127.0.0.1:" + std::to_string(first->port());
    const absl::Status status = NodeServer::Start(options).status();
    CHECK(status.code() == absl::StatusCode::kUnavailable);
    CHECK_THAT(std::string(status.message()), Catch::Contains(options.listen));
  }
  SECTION("impossible probability") {
    options.load_probability = 1.5;
    CHECK(NodeServer::Start(options).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace mlp::node
