// Fuzzes a request to a node: TrainShardRequest.
#include <cstdint>

#include "fuzz/check.h"
#include "fuzz/mutate_message.h"
#include "fuzz/repair.h"
#include "services/wire/model_proto.h"
#include "services/wire/train_shard_proto.h"

namespace mlp::wire {
namespace {

using fuzz::Check;

void CheckAccepted(const TrainTask& task) {
  Check(CheckModelSpec(*task.model).ok(), "a shape within limits");
  Check(!task.parameters.sha256.empty(), "parameters, or what names them");
  if (const auto& values = task.parameters.values; values != nullptr) {
    Check(SizeOf(*values) == ParameterCount(*task.model), "as many elements as the model");
    Check(AllFinite(*values), "elements are finite");
  }
  Check(task.round >= 1 && task.shard >= 0 && task.offer >= 0, "keys are not negative");
  const TrainingOptions& training = task.training;
  Check(training.epochs >= 1 && training.learning_rate > 0 && training.tolerance >= 0,
        "options within limits");
  Check(task.terms.slots >= 0, "slots are not negative");
}

void TestRequest(const v1::TrainShardRequest& request) {
  const auto task = FromProto(request);
  if (task.ok()) {
    CheckAccepted(*task);
  } else {
    Check(absl::IsInvalidArgument(task.status()), "a bad request is INVALID_ARGUMENT");
  }
}

void Test(v1::TrainShardRequest request) {
  TestRequest(request);
  const auto model = FromProto(request.model(), "model");
  if (!model.ok() || !fuzz::Repair(*model, *request.mutable_parameters())) return;
  TestRequest(request);
}

}  // namespace
}  // namespace mlp::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlp::v1::TrainShardRequest request;
  if (request.ParseFromArray(data, static_cast<int>(size))) mlp::wire::Test(std::move(request));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  mlp::v1::TrainShardRequest request;
  return mlp::fuzz::MutateMessage(request, data, size, max_size, seed);
}
