#include "services/base/answered.h"

#include <catch2/catch.hpp>

#include "services/base/field_error.h"

namespace mlp {
namespace {

TEST_CASE("an error says whether a server answered it, whatever is said around it") {
  const absl::Status error = absl::UnavailableError("the disk is busy");
  CHECK_FALSE(IsAnswered(error));
  const absl::Status answered = WithContext("train_1.txt", Answered(error));
  CHECK(IsAnswered(answered));
  CHECK(answered.message() == "train_1.txt: the disk is busy");
  CHECK(answered.code() == absl::StatusCode::kUnavailable);
  CHECK(Answered(absl::OkStatus()) == absl::OkStatus());
}

}  // namespace
}  // namespace mlp
