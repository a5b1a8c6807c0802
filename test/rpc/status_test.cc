#include "services/rpc/status.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "services/base/answered.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"

namespace mlp::rpc {
namespace {

absl::Status RoundTrip(const absl::Status& status) { return FromGrpcStatus(ToGrpcStatus(status)); }

TEST_CASE("every canonical code survives the way out and back") {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    const absl::Status back = RoundTrip(status);
    CHECK(back.code() == status.code());
    CHECK(back.message() == status.message());
  }
}

TEST_CASE("field and retry delay survive the way out and back") {
  const absl::Status status = WithRetryAfter(FieldError("spec.epochs", "must be 1 or more"),
                                             std::chrono::milliseconds(2500));
  const absl::Status back = RoundTrip(WithContext("job", status));
  CHECK(back.message() == "job: spec.epochs: must be 1 or more");
  CHECK(FieldOf(back) == "spec.epochs");
  CHECK(RetryAfterOf(back) == std::chrono::milliseconds(2500));
}

TEST_CASE("what a server answers is told from what a connection ends with") {
  for (const auto code : {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded}) {
    CHECK(IsAnswered(RoundTrip(absl::Status(code, "the disk is busy"))));
    const grpc::Status broken(static_cast<grpc::StatusCode>(code), "connection refused");
    CHECK_FALSE(IsAnswered(FromGrpcStatus(broken)));
  }
  const absl::Status answered = RoundTrip(absl::UnavailableError("the disk is busy"));
  CHECK(IsAnswered(RoundTrip(answered)));
  CHECK_FALSE(IsAnswered(RoundTrip(absl::OkStatus())));
}

TEST_CASE("gRPC's own answer to a call that is unknown gets words") {
  const grpc::Status bare(grpc::StatusCode::UNIMPLEMENTED, "");
  CHECK_THAT(std::string(FromGrpcStatus(bare).message()), Catch::Contains("another program"));
  const grpc::Status told(grpc::StatusCode::UNIMPLEMENTED, "unknown service");
  CHECK(FromGrpcStatus(told).message() == "unknown service");
}

TEST_CASE("an error without details has none when it comes back") {
  const absl::Status back = RoundTrip(absl::InternalError("broken"));
  CHECK_FALSE(FieldOf(back));
  CHECK_FALSE(RetryAfterOf(back));
}

TEST_CASE("bytes that are not UTF-8 are replaced, and cost the error nothing else") {
  const absl::Status back = RoundTrip(FieldError("r\xc3\xa4te", "is \xff\xc0\x80 \xe2\x82"));
  CHECK(back.message() == "r\xc3\xa4te: is ??? ??");
  CHECK(FieldOf(back) == "r\xc3\xa4te");
}

TEST_CASE("a long error is cut so that every peer takes it") {
  const grpc::Status status =
      ToGrpcStatus(FieldError(std::string(10'000, 'f'), std::string(10'000, 'm')));
  CHECK(status.error_message().size() < 1100);
  CHECK(3 * status.error_message().size() + status.error_details().size() * 4 / 3 < 8000);
  CHECK(FromGrpcStatus(status).code() == absl::StatusCode::kInvalidArgument);
  CHECK(FieldOf(FromGrpcStatus(status)));
}

TEST_CASE("a peer's error is UTF-8 text of some kilobytes, whatever bytes it sent") {
  CHECK(FromGrpcStatus({grpc::StatusCode::INTERNAL, "caf\xe9"}).message() == "caf?");
  const std::string endless(1'000'000, 'm');
  CHECK(FromGrpcStatus({grpc::StatusCode::INTERNAL, endless}).message().size() < 5000);
}

TEST_CASE("a peer's unreadable details are no reason to lose its error") {
  const absl::Status back =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "gone", "\xff\xff garbage"));
  CHECK(back == absl::NotFoundError("gone"));
}

}  // namespace
}  // namespace mlp::rpc
