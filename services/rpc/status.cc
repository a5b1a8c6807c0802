#include "services/rpc/status.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "services/base/answered.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "services/base/utf8.h"

namespace mlp::rpc {
namespace {

// Message and details are sent three times, in the worst case at three bytes each, and peers may
// refuse more than 8 KiB.
constexpr std::size_t kMaxMessageLength = 1000;
constexpr std::size_t kMaxFieldLength = 200;
// A peer may send any bytes as its message, and jobs, which are messages, repeat it. Those of
// gRPC's own errors are longer than ours.
constexpr std::size_t kMaxMessageTaken = 4000;

std::string Readable(std::string_view text, std::size_t max_length) {
  std::string readable;
  while (!text.empty()) {
    const std::size_t length = FirstCharacter(text).bytes;
    if (readable.size() + length > max_length) return readable + "...";
    readable += length == 0 ? "?" : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return readable;
}

std::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

void AddDetails(const absl::Status& status, google::rpc::Status& details) {
  if (const auto field = FieldOf(status)) {
    google::rpc::BadRequest bad_request;
    auto& violation = *bad_request.add_field_violations();
    violation.set_field(Readable(*field, kMaxFieldLength));
    violation.set_description(details.message());
    details.add_details()->PackFrom(bad_request);
  }
  if (const auto delay = RetryAfterOf(status)) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(delay->count() / 1000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int>(delay->count() % 1000 * 1'000'000));
    details.add_details()->PackFrom(retry);
  }
}

// Limits the delay to a day: a peer may send any number.
std::chrono::milliseconds Milliseconds(const google::protobuf::Duration& delay) {
  const std::chrono::seconds seconds(std::clamp<std::int64_t>(delay.seconds(), 0, 24 * 60 * 60));
  return seconds + std::chrono::milliseconds(std::clamp(delay.nanos(), 0, 999'999'999) / 1'000'000);
}

// Only errors with these codes come from a connection as well.
bool MayLackAnswer(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

// Returns the message, or what gRPC's own stands for: it does not pass on the reason that a server
// gives for closing a connection, and has no words for the answer of a server that lacks the call
// and is not ours or of an earlier version.
std::string InWords(const grpc::Status& status) {
  const std::string& message = status.error_message();
  if (message == "GOAWAY received") {
    return "the server closed the connection: it stops, or has as many as it may (try again later)";
  }
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED && message.empty()) {
    return "the server does not have this call; is it another program, or of another version?";
  }
  return message;
}

absl::Status WithDetails(absl::Status status, const google::rpc::Status& details) {
  for (const auto& detail : details.details()) {
    google::rpc::BadRequest bad_request;
    if (detail.UnpackTo(&bad_request) && bad_request.field_violations_size() > 0) {
      status = WithField(bad_request.field_violations(0).field(), status);
    }
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&retry)) {
      status = WithRetryAfter(status, Milliseconds(retry.retry_delay()));
    }
  }
  return status;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(Readable(View(status.message()), kMaxMessageLength));
  AddDetails(status, details);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), details.message(),
                      details.SerializeAsString());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  const absl::Status plain(static_cast<absl::StatusCode>(status.error_code()),
                           Readable(InWords(status), kMaxMessageTaken));
  google::rpc::Status details;
  const std::string bytes = status.error_details();
  if (plain.ok() || bytes.empty() || !details.ParseFromString(bytes)) return plain;
  return WithDetails(MayLackAnswer(plain) ? Answered(plain) : plain, details);
}

}  // namespace mlp::rpc
