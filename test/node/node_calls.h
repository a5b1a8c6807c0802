// Calls to a node over real gRPC, for tests.
#pragma once

#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "libmlp/model/initialization.h"
#include "mlp/v1/node.grpc.pb.h"
#include "services/node/node_server.h"
#include "services/rpc/channel.h"
#include "services/rpc/status.h"
#include "services/wire/model_proto.h"
#include "services/wire/parameters_proto.h"
#include "test/node/shard_files.h"

namespace mlp::node {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

inline NodeServerOptions OptionsFor(const std::filesystem::path& data_dir) {
  NodeServerOptions options;
  options.listen = "127.0.0.1:0";
  options.data_dir = data_dir;
  options.name = "a";
  return options;
}

inline std::unique_ptr<v1::NodeService::Stub> StubFor(const NodeServer& server) {
  return v1::NodeService::NewStub(rpc::MakeChannel("127.0.0.1:" + std::to_string(server.port())));
}

inline v1::TrainShardRequest RequestFor(const ShardReference& data, const ModelSpec& model) {
  v1::TrainShardRequest request;
  request.set_job_id("job-1");
  request.set_round(1);
  request.mutable_data()->set_dataset(data.dataset);
  request.mutable_data()->set_file(data.file);
  request.mutable_data()->set_sha256(data.sha256);
  *request.mutable_model() = wire::ToProto(model);
  *request.mutable_parameters() =
      wire::ToProto(InitialParameters(model, Precision::kFloat64, Initialization::kReference, 1));
  request.set_epochs(10);
  request.set_learning_rate(1e-4);
  request.set_slots(1);
  return request;
}

inline v1::TrainShardRequest XorRequest(const DataDirectory& data) {
  return RequestFor(data.Write("xor", "train_1.txt", kXor),
                    ModelSpec{{2, 3, 2}, Activation::kTanh});
}

// One call of TrainShard, read event by event.
class Call {
 public:
  Call(v1::NodeService::Stub& stub, const v1::TrainShardRequest& request) {
    context_.set_deadline(std::chrono::system_clock::now() + 60s);  // a hung test fails
    reader_ = stub.TrainShard(&context_, request);
  }

  // Returns the next event; one without content if there is none. Several may come in one message.
  v1::TrainShardEvent Next() {
    v1::TrainShardEvent next;
    if (read_.ByteSizeLong() == 0 && !reader_->Read(&read_)) return next;
    if (read_.has_accepted()) {
      next.set_allocated_accepted(read_.release_accepted());
    } else if (read_.has_started()) {
      next.set_allocated_started(read_.release_started());
    } else {
      next.Swap(&read_);
    }
    return next;
  }
  void Cancel() { context_.TryCancel(); }
  // Reads the rest.
  absl::Status Finish() {
    v1::TrainShardEvent event;
    while (reader_->Read(&event)) {
    }
    return rpc::FromGrpcStatus(reader_->Finish());
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::TrainShardEvent>> reader_;
  v1::TrainShardEvent read_;  // the rest of the last message
};

inline v1::GetNodeResponse GetNode(v1::NodeService::Stub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 60s);
  v1::GetNodeResponse response;
  const grpc::Status status = stub.GetNode(&context, v1::GetNodeRequest(), &response);
  REQUIRE(status.ok());
  return response;
}

}  // namespace mlp::node
