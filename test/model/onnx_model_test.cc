// Tests of the graph's form; test/e2e/onnx_test.py tests its results.
#include "services/model/onnx_model.h"

#include <onnx/onnx_pb.h>

#include <catch2/catch.hpp>
#include <set>

#include "test/support/models.h"

namespace mlp::model::test {
namespace {

onnx::ModelProto WrittenOnnx(const SavedModel& model) {
  onnx::ModelProto proto;
  REQUIRE(proto.ParseFromString(ToOnnx(model).value()));
  return proto;
}

TEST_CASE("Every column is an input, by its name and kind") {
  const onnx::ModelProto proto = WrittenOnnx(Fruit(Precision::kFloat32));
  REQUIRE(proto.graph().input_size() == 3);
  CHECK(proto.graph().input(0).name() == "weight");
  CHECK(proto.graph().input(0).type().tensor_type().elem_type() == onnx::TensorProto::DOUBLE);
  CHECK(proto.graph().input(1).name() == "colour");
  CHECK(proto.graph().input(1).type().tensor_type().elem_type() == onnx::TensorProto::STRING);
  REQUIRE(proto.graph().output_size() == 2);
  CHECK(proto.graph().output(0).name() == "label");
  CHECK(proto.graph().output(1).name() == "probabilities");
  CHECK(proto.graph().output(1).type().tensor_type().elem_type() == onnx::TensorProto::FLOAT);
}

TEST_CASE("Without a schema the features are one input") {
  const onnx::ModelProto proto = WrittenOnnx(Number());
  REQUIRE(proto.graph().input_size() == 1);
  CHECK(proto.graph().input(0).name() == "features");
  REQUIRE(proto.graph().output_size() == 1);
  CHECK(proto.graph().output(0).name() == "prediction");
}

TEST_CASE("No two values have one name, whatever columns are called") {
  SavedModel model = Fruit();
  model.schema->columns[0].name = "label";
  model.schema->columns[1].name = "constant_0";
  model.schema->columns[2].name = "label.missing";
  const onnx::ModelProto proto = WrittenOnnx(model);
  std::set<std::string> names;
  for (const auto& input : proto.graph().input()) CHECK(names.insert(input.name()).second);
  for (const auto& constant : proto.graph().initializer()) {
    CHECK(names.insert(constant.name()).second);
  }
  for (const auto& node : proto.graph().node()) CHECK(names.insert(node.output(0)).second);
  CHECK(proto.graph().output(0).name() == "label_");
}

}  // namespace
}  // namespace mlp::model::test
