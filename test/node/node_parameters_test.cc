// Tests of how parameters and gradients are sent to and from a node over real gRPC.

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "libmlp/data/shard.h"
#include "libmlp/model/initialization.h"
#include "libmlp/train/training.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"
#include "test/node/node_calls.h"

namespace mlp::node {
namespace {

TEST_CASE("a model of more parameters than are possible is refused before it is allocated") {
  const DataDirectory data;
  const auto server = NodeServer::Start(OptionsFor(data.path())).value();
  v1::TrainShardRequest request = XorRequest(data);
  for (int i = 0; i < 3; ++i) request.mutable_model()->set_layer_sizes(i, 1'000'000);
  const absl::Status status = Call(*StubFor(*server), request).Finish();
  CHECK(FieldOf(status) == "model.layer_sizes");
  CHECK_THAT(std::string(status.message()), Catch::Contains(std::to_string(kMaxParameters)));
}

// A model of 163,202 parameters, 1.25 MiB of float64, which are sent in pieces.
const ModelSpec kLarge{{2, 400, 400, 4}, Activation::kTanh};

// A request with its parameters, which are still to be put.
struct Large {
  explicit Large(const DataDirectory& data)
      : request(RequestFor(data.Write("xor", "train_1.txt", kXor), kLarge)) {
    bytes.swap(*request.mutable_parameters()->mutable_data());
  }

  v1::PutParametersRequest FirstPiece(std::size_t size) const {
    v1::PutParametersRequest piece;
    *piece.mutable_parameters() = request.parameters();
    piece.set_size(static_cast<std::int64_t>(bytes.size()));
    piece.set_data(bytes.substr(0, size));
    return piece;
  }

  v1::TrainShardRequest request;
  std::string bytes;
};

absl::Status Put(v1::NodeService::Stub& stub, const std::vector<v1::PutParametersRequest>& pieces) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 60s);
  v1::PutParametersResponse response;
  const auto writer = stub.PutParameters(&context, &response);
  for (const v1::PutParametersRequest& piece : pieces) writer->Write(piece);
  writer->WritesDone();
  return rpc::FromGrpcStatus(writer->Finish());
}

TEST_CASE("large parameters come in pieces, once, and large gradients go in pieces") {
  const DataDirectory data;
  const auto server = NodeServer::Start(OptionsFor(data.path())).value();
  const auto stub = StubFor(*server);
  const Large large(data);
  v1::PutParametersRequest rest;
  rest.set_data(large.bytes.substr(1001));  // elements are cut
  REQUIRE(Put(*stub, {large.FirstPiece(1001), rest}).ToString() == "OK");

  const TrainingResult expected =
      Train(kLarge, InitialParameters(kLarge, Precision::kFloat64, Initialization::kReference, 1),
            ParseShard(kXor, "xor").value(), TrainingOptions{10, 1e-4, 0})
          .value();
  for (int shard = 0; shard < 2; ++shard) {
    v1::TrainShardRequest request = large.request;
    request.set_shard(shard);
    Call call(*stub, request);
    REQUIRE(call.Next().has_accepted());
    REQUIRE(call.Next().has_started());
    const v1::TrainShardEvent last = call.Next();
    REQUIRE(last.has_finished());
    CHECK(last.finished().gradient().data().empty());
    std::string gradient;
    for (v1::TrainShardEvent piece = call.Next(); !piece.gradient_data().empty();
         piece = call.Next()) {
      gradient += piece.gradient_data();
    }
    CHECK(call.Finish().ok());
    CHECK(ParametersFromBytes(Precision::kFloat64, gradient).value() == expected.gradient);
    CHECK(last.finished().gradient().sha256() == Sha256(gradient));
  }
}

TEST_CASE("parameters that a node does not have are asked for again") {
  const DataDirectory data;
  const auto server = NodeServer::Start(OptionsFor(data.path())).value();
  const auto stub = StubFor(*server);
  CHECK(Call(*stub, Large(data).request).Next().rejected().reason() ==
        v1::TrainShardEvent::Rejected::REASON_PARAMETERS_UNKNOWN);

  // Small parameters that came with a request are there for the next one.
  v1::TrainShardRequest request = XorRequest(data);
  CHECK(Call(*stub, request).Finish().ok());
  request.mutable_parameters()->clear_data();
  request.set_shard(1);
  Call again(*stub, request);
  CHECK(again.Next().has_accepted());
  CHECK(again.Finish().ok());

  // Parameters of another model or precision are not taken for them.
  request.mutable_parameters()->set_precision(v1::PRECISION_FLOAT32);
  CHECK(FieldOf(Call(*stub, request).Finish()) == "parameters.sha256");
  CHECK(GetNode(*stub).finished_tasks() == 2);
}

TEST_CASE("pieces that do not make the parameters that they say are refused") {
  const DataDirectory data;
  const auto server = NodeServer::Start(OptionsFor(data.path())).value();
  const auto stub = StubFor(*server);
  const Large large(data);
  const v1::PutParametersRequest all = large.FirstPiece(large.bytes.size());
  const auto refused = [&](const v1::PutParametersRequest& piece) {
    const absl::Status status = Put(*stub, {piece});
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    return FieldOf(status);
  };
  CHECK(Put(*stub, {}).code() == absl::StatusCode::kInvalidArgument);
  CHECK(refused({}) == "parameters.precision");
  v1::PutParametersRequest piece = all;
  piece.mutable_parameters()->set_sha256("short");
  CHECK(refused(piece) == "parameters.sha256");
  piece = all;
  piece.mutable_parameters()->set_sha256(std::string(32, 'x'));
  CHECK(refused(piece) == "data");
  for (const std::int64_t size : {std::int64_t{0}, std::int64_t{-8}, std::int64_t{12},
                                  static_cast<std::int64_t>(8 * kMaxParameters + 8)}) {
    piece = all;
    piece.set_size(size);
    CHECK(refused(piece) == "size");
  }
  CHECK(refused(large.FirstPiece(large.bytes.size() - 8)) == "data");
  piece = all;
  piece.set_size(piece.size() - 8);
  CHECK(refused(piece) == "data");
  piece = all;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  piece.mutable_data()->replace(80, 8, reinterpret_cast<const char*>(&nan), 8);
  CHECK(refused(piece) == "data");
  CHECK(Call(*stub, large.request).Next().has_rejected());  // nothing was kept
}

TEST_CASE("parameters that a node has no memory to train are refused before they are sent whole") {
  const DataDirectory data;
  NodeServerOptions options = OptionsFor(data.path());
  options.memory = [] {
    constexpr std::uint64_t kLimit = std::uint64_t{40} << 20;
    return MachineMemory{kLimit, "its memory cgroup", kLimit, "its memory cgroup"};
  };
  const auto server = NodeServer::Start(options).value();
  const auto stub = StubFor(*server);
  v1::PutParametersRequest first = Large(data).FirstPiece(1000);
  first.set_size(std::int64_t{20} << 20);
  CHECK(Put(*stub, {first}).ToString() ==
        "RESOURCE_EXHAUSTED: not enough memory: training these parameters needs about 60 MiB, and "
        "its memory cgroup allows 40 MiB");
}

}  // namespace
}  // namespace mlp::node
