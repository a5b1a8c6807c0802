#include "cli/client/errors.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "services/base/answered.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"

namespace mlp::cli {
namespace {

constexpr const char* kAddress = "example:9090";

TEST_CASE("an unreachable coordinator is named, with what to do") {
  const auto error = absl::UnavailableError("connection refused");
  CHECK(ErrorText(error, kAddress) ==
        "cannot reach the coordinator at example:9090: connection refused; is it running? (start "
        "it with mlp-coordinator, and with the --state-dir that it had, or say where it is with "
        "--coordinator "
        "host:port)");
  CHECK(ExitCodeOf(error) == kExitUnreachable);
  CHECK(ExitCodeOf(absl::DeadlineExceededError("late")) == kExitUnreachable);
}

TEST_CASE("an error blames its field once") {
  CHECK(ErrorText(FieldError("spec.rounds", "must be 1 to 100000, not 0"), kAddress) ==
        "--rounds: must be 1 to 100000, not 0");
  CHECK(ErrorText(WithField("spec.rounds", absl::InvalidArgumentError("must be 1")), kAddress) ==
        "--rounds: must be 1");
  CHECK(ErrorText(FieldError("spec.batches.dropout", "must be less than 1"), kAddress) ==
        "--dropout: must be less than 1");
  CHECK(ErrorText(FieldError("spec.slots", "is not for policy random"), kAddress) ==
        "--slots: is not for policy random");
  CHECK(ErrorText(FieldError("spec.batches", "are for solvers sgd and adam"), kAddress) ==
        "options of batches, such as --batch-size: are for solvers sgd and adam");
  CHECK(ErrorText(FieldError("spec.dataset", "is required"), kAddress) == "DATASET: is required");
  CHECK(ErrorText(WithField("spec.rounds", absl::InvalidArgumentError("spec.rounds is 0")),
                  kAddress) == "spec.rounds is 0");
  CHECK(ExitCodeOf(FieldError("spec.rounds", "is 0")) == kExitFailed);
}

TEST_CASE("what is unavailable for now is not taken for a coordinator that cannot be reached") {
  const absl::Status words =
      Answered(absl::UnavailableError("tiny/train_1.txt: cannot be read now; try again"));
  CHECK(ErrorText(words, kAddress) == "tiny/train_1.txt: cannot be read now; try again");
  CHECK(ExitCodeOf(words) == kExitFailed);
  const absl::Status error = AtField("spec.dataset", words);
  CHECK(ErrorText(error, kAddress) == "DATASET: tiny/train_1.txt: cannot be read now; try again");
  CHECK(ExitCodeOf(error) == kExitFailed);
}

TEST_CASE("a server that is no coordinator is named, with its address") {
  const auto error = absl::UnimplementedError("this is an mlp-node, not an mlp-coordinator");
  CHECK_THAT(ErrorText(error, kAddress),
             Catch::StartsWith("example:9090: this is an mlp-node, not an mlp-coordinator") &&
                 Catch::Contains("MLP_COORDINATOR"));
  CHECK(ExitCodeOf(error) == kExitFailed);
}

TEST_CASE("a full queue says when to try again") {
  const auto full = WithRetryAfter(absl::ResourceExhaustedError("64 jobs are waiting"),
                                   std::chrono::milliseconds(1500));
  CHECK(ErrorText(full, kAddress) == "64 jobs are waiting (try again in 1.50 s)");
  CHECK(ExitCodeOf(full) == kExitFailed);
}

TEST_CASE("an error without words still has a name") {
  CHECK(ErrorText(absl::NotFoundError(""), kAddress) == "NOT_FOUND");
}

}  // namespace
}  // namespace mlp::cli
