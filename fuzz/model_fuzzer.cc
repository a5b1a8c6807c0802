// Fuzzes a stored model: shape, parameters.
#include <cstdint>

#include "fuzz/check.h"
#include "fuzz/mutate_message.h"
#include "fuzz/repair.h"
#include "libmlp/model/parameters.h"
#include "mlp/v1/model.pb.h"
#include "services/wire/model_proto.h"
#include "services/wire/parameters_proto.h"

namespace mlp {
namespace {

using fuzz::Check;

void TestParameters(const ModelSpec& spec, const v1::ParameterBuffer& buffer) {
  const auto parameters = wire::FromProto(buffer, spec, "parameters");
  if (!parameters.ok()) {
    return Check(absl::IsInvalidArgument(parameters.status()), "bad parameters: INVALID_ARGUMENT");
  }
  Check(SizeOf(*parameters) == ParameterCount(spec), "as many elements as the model has");
  Check(AllFinite(*parameters), "elements are finite");
  const v1::ParameterBuffer again = wire::ToProto(*parameters);
  Check(again.data() == buffer.data() && again.sha256() == buffer.sha256(),
        "parameters travel unchanged");
}

void Test(v1::Model model) {
  const auto spec = wire::FromProto(model.spec(), "spec");
  if (!spec.ok()) return Check(absl::IsInvalidArgument(spec.status()), "INVALID_ARGUMENT");
  Check(CheckModelSpec(*spec).ok(), "a shape within limits");
  const auto again = wire::FromProto(wire::ToProto(*spec), "spec");
  Check(again.ok() && *again == *spec, "a shape travels unchanged");
  TestParameters(*spec, model.parameters());
  if (fuzz::Repair(*spec, *model.mutable_parameters())) TestParameters(*spec, model.parameters());
}

}  // namespace
}  // namespace mlp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlp::v1::Model model;
  if (model.ParseFromArray(data, static_cast<int>(size))) mlp::Test(std::move(model));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  mlp::v1::Model model;
  return mlp::fuzz::MutateMessage(model, data, size, max_size, seed);
}
