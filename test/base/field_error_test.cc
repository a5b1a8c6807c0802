#include "services/base/field_error.h"

#include <catch2/catch.hpp>
#include <string>

TEST_CASE("a field error carries its field through every layer of context") {
  const absl::Status error = mlp::WithContext("round 7", mlp::FieldError("spec.rounds", "is 0"));
  CHECK(error.code() == absl::StatusCode::kInvalidArgument);
  CHECK(std::string(error.message()) == "round 7: spec.rounds: is 0");
  CHECK(mlp::FieldOf(error) == "spec.rounds");
}

TEST_CASE("blaming a field keeps the code") {
  const absl::Status error = mlp::AtField("data.file", absl::NotFoundError("not there"));
  CHECK(error.code() == absl::StatusCode::kNotFound);
  CHECK(mlp::FieldOf(error) == "data.file");
}

TEST_CASE("OK has no field and needs no context") {
  CHECK(mlp::WithContext("round 7", absl::OkStatus()).ok());
  CHECK(mlp::AtField("spec", absl::OkStatus()).ok());
  CHECK(mlp::FieldOf(absl::OkStatus()) == std::nullopt);
}
