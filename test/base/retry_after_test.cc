#include "services/base/retry_after.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "services/base/field_error.h"

namespace mlp {
namespace {

using std::chrono::milliseconds;

TEST_CASE("an error carries when to try again through every layer of context") {
  const absl::Status status =
      WithRetryAfter(absl::ResourceExhaustedError("the queue is full"), milliseconds(1500));
  CHECK(RetryAfterOf(status) == milliseconds(1500));
  CHECK(RetryAfterOf(WithContext("job", AtField("spec", status))) == milliseconds(1500));
  CHECK(status.message() == "the queue is full");
}

TEST_CASE("OK and an error without advice say nothing about trying again") {
  CHECK_FALSE(RetryAfterOf(WithRetryAfter(absl::OkStatus(), milliseconds(1))));
  CHECK_FALSE(RetryAfterOf(absl::NotFoundError("gone")));
}

TEST_CASE("a field can be set without touching the message") {
  const absl::Status status = WithField("spec.seed", absl::InvalidArgumentError("spec.seed: no"));
  CHECK(status.message() == "spec.seed: no");
  CHECK(FieldOf(status) == "spec.seed");
  CHECK(WithField("spec.seed", absl::OkStatus()).ok());
}

}  // namespace
}  // namespace mlp
