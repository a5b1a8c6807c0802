#include "libmlp/model/model_spec.h"

#include <catch2/catch.hpp>
#include <string>

namespace mlp {
namespace {

std::string SpecRefusal(std::vector<std::size_t> layer_sizes) {
  const absl::Status status = CheckModelSpec({std::move(layer_sizes), Activation::kRelu});
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST_CASE("A model's sizes are refused with the entry and the limit") {
  CHECK(SpecRefusal({}) ==
        "layer_sizes has 0 entries: expected features, hidden layers and classes, 2 to 32 entries");
  CHECK(SpecRefusal({3}) ==
        "layer_sizes has 1 entries: expected features, hidden layers and classes, 2 to 32 entries");
  CHECK(SpecRefusal(std::vector<std::size_t>(33, 2)) ==
        "layer_sizes has 33 entries: expected features, hidden layers and classes, 2 to 32 "
        "entries");
  CHECK(SpecRefusal({16, 0, 26}) == "layer_sizes[1] is 0: must be 1 to 1000000");
  CHECK(SpecRefusal({16, 1'000'000'000, 26}) ==
        "layer_sizes[1] is 1000000000: must be 1 to 1000000");
  CHECK(SpecRefusal({0, 26}) == "layer_sizes[0] is 0: must be 1 to 1000000");
  CHECK(SpecRefusal({1000, 90'000, 150}) ==
        "layer_sizes make 103590150 parameters: at most 100000000 are possible, use smaller "
        "layers");
  CHECK(SpecRefusal(std::vector<std::size_t>(32, 1'000'000)).find("parameters") !=
        std::string::npos);
}

TEST_CASE("A model of the reference's shape, the smallest and the deepest are accepted") {
  CHECK(CheckModelSpec({{16, 20, 26}, Activation::kRelu}).ok());
  CHECK(CheckModelSpec({{1, 1}, Activation::kRelu}).ok());
  CHECK(CheckModelSpec({std::vector<std::size_t>(32, 3), Activation::kRelu}).ok());
  CHECK(CheckModelSpec({{1, 1'000'000, 2}, Activation::kRelu}).ok());
}

TEST_CASE("Layers lie one after the other, bias rows included") {
  const ModelSpec spec{{16, 20, 26}, Activation::kRelu};
  CHECK(LayerOffset(spec, 0) == 0);
  CHECK(LayerOffset(spec, 1) == 17 * 20);
  CHECK(ParameterCount(spec) == 17 * 20 + 21 * 26);
}

TEST_CASE("Activations have names, and other names are refused") {
  for (auto activation : {Activation::kRelu, Activation::kTanh, Activation::kLogistic,
                          Activation::kIdentity, Activation::kUnrectifiedRelu}) {
    CHECK(ParseActivation(ActivationName(activation)).value() == activation);
  }
  CHECK(ActivationName(Activation::kUnrectifiedRelu) == "unrectified-relu");
  CHECK(std::string(ParseActivation("ReLU").status().message()) ==
        "unknown activation 'ReLU': expected relu, tanh, logistic, identity or unrectified-relu");
}

}  // namespace
}  // namespace mlp
