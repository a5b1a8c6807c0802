#include "services/wire/model_proto.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "services/base/field_error.h"
#include "services/wire/enum_proto.h"

namespace mlp {
namespace {

v1::ModelSpec LettersProto() {
  return wire::ToProto(ModelSpec{{16, 20, 26}, Activation::kUnrectifiedRelu});
}

std::string FieldBlamedIn(const v1::ModelSpec& proto) {
  const auto spec = wire::FromProto(proto, "model");
  REQUIRE(spec.status().code() == absl::StatusCode::kInvalidArgument);
  return FieldOf(spec.status()).value_or("none");
}

std::string FieldBlamedIn(const v1::Evaluation& proto) {
  const auto evaluation = wire::FromProto(proto, "training");
  REQUIRE(evaluation.status().code() == absl::StatusCode::kInvalidArgument);
  return FieldOf(evaluation.status()).value_or("none");
}

TEST_CASE("a model's shape comes back as it was sent") {
  const ModelSpec spec{{16, 20, 5, 26}, Activation::kTanh};
  CHECK(wire::FromProto(wire::ToProto(spec), "model").value() == spec);
}

TEST_CASE("every enumerator comes back as it was sent") {
  for (const Activation value : {Activation::kRelu, Activation::kTanh, Activation::kLogistic,
                                 Activation::kIdentity, Activation::kUnrectifiedRelu}) {
    CHECK(wire::FromProto(wire::ToProto(value), "f").value() == value);
  }
  for (const Precision value : {Precision::kFloat32, Precision::kFloat64}) {
    CHECK(wire::FromProto(wire::ToProto(value), "f").value() == value);
  }
  for (const Initialization value : {Initialization::kGlorotUniform, Initialization::kReference}) {
    CHECK(wire::FromProto(wire::ToProto(value), "f").value() == value);
  }
}

TEST_CASE("a missing enumerator is refused with the values there are") {
  const auto precision = wire::FromProto(v1::PRECISION_UNSPECIFIED, "parameters.precision");
  CHECK(FieldOf(precision.status()) == "parameters.precision");
  CHECK_THAT(std::string(precision.status().message()),
             Catch::Contains("PRECISION_FLOAT32, PRECISION_FLOAT64"));
}

TEST_CASE("an enumerator of a later version is refused with its number") {
  const auto activation = wire::FromProto(static_cast<v1::Activation>(77), "model.activation");
  CHECK(FieldOf(activation.status()) == "model.activation");
  CHECK_THAT(std::string(activation.status().message()), Catch::Contains("77"));
}

TEST_CASE("a wrong shape is refused with the field at fault") {
  v1::ModelSpec proto = LettersProto();
  SECTION("no activation") {
    proto.clear_activation();
    CHECK(FieldBlamedIn(proto) == "model.activation");
  }
  SECTION("no layers") {
    proto.clear_layer_sizes();
    CHECK(FieldBlamedIn(proto) == "model.layer_sizes");
  }
  SECTION("a negative layer") {
    proto.set_layer_sizes(1, -20);
    CHECK(FieldBlamedIn(proto) == "model.layer_sizes[1]");
  }
  SECTION("a layer of nothing") {
    proto.set_layer_sizes(2, 0);
    CHECK(FieldBlamedIn(proto) == "model.layer_sizes[2]");
  }
  SECTION("a layer beyond the limit") {
    proto.set_layer_sizes(1, 1'000'001);
    CHECK(FieldBlamedIn(proto) == "model.layer_sizes");
  }
  SECTION("more parameters than are possible") {
    proto.set_layer_sizes(1, 1'000'000);
    proto.set_layer_sizes(2, 1000);
    CHECK(FieldBlamedIn(proto) == "model.layer_sizes");
  }
  SECTION("too many layers") {
    for (int i = 0; i < 40; ++i) proto.add_layer_sizes(3);
    CHECK(FieldBlamedIn(proto) == "model.layer_sizes");
  }
}

TEST_CASE("an evaluation comes back as it was sent, with its error as a share") {
  Evaluation evaluation;
  evaluation.rows = 3500;
  evaluation.wrong_rows = 1166;
  evaluation.loss = 4321.5;
  const v1::Evaluation proto = wire::ToProto(evaluation, "validate_letters.txt");
  CHECK(proto.rows_source() == "validate_letters.txt");
  CHECK(proto.error() == 1166.0 / 3500.0);
  const auto back = wire::FromProto(proto, "validation");
  REQUIRE(back.ok());
  CHECK(back->rows == 3500);
  CHECK(back->wrong_rows == 1166);
  CHECK(back->loss == 4321.5);
}

TEST_CASE("an evaluation that cannot be is refused with the field at fault") {
  v1::Evaluation proto;
  proto.set_rows(10);
  proto.set_wrong_rows(3);
  SECTION("no rows") {
    proto.set_rows(0);
    CHECK(FieldBlamedIn(proto) == "training.rows");
  }
  SECTION("more wrong rows than rows") {
    proto.set_wrong_rows(11);
    CHECK(FieldBlamedIn(proto) == "training.wrong_rows");
  }
  SECTION("negative wrong rows") {
    proto.set_wrong_rows(-1);
    CHECK(FieldBlamedIn(proto) == "training.wrong_rows");
  }
  SECTION("a loss that is no number") {
    proto.set_loss(std::numeric_limits<double>::quiet_NaN());
    CHECK(FieldBlamedIn(proto) == "training.loss");
  }
}

}  // namespace
}  // namespace mlp
