#include "cli/client/event_stream.h"

#include <utility>

#include "services/rpc/status.h"

namespace mlp::cli {
namespace {

using Clock = std::chrono::steady_clock;

// An attempt to connect ends sooner: a stream that lasted longer was connected, even without
// events.
constexpr std::chrono::seconds kSurelyConnected(5);

bool IsConnectionLoss(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

// One stream, to its end. `next` becomes the number of the first event that did not arrive.
absl::Status StreamOnce(Connection& connection, const std::string& job_id, std::int64_t& next,
                        const EventSink& sink) {
  grpc::ClientContext context;
  const Interrupt::Cancels cancels(connection.interrupt(), context);
  v1::WatchJobRequest request;
  request.set_id(job_id);
  request.set_from_sequence(next);
  const auto reader = connection.jobs().WatchJob(&context, request);
  v1::WatchJobResponse response;
  while (reader->Read(&response)) {
    for (const v1::JobEvent& event : response.events()) {
      sink.event(event);
      next = event.sequence() + 1;
    }
  }
  return rpc::FromGrpcStatus(reader->Finish());
}

}  // namespace

absl::Status WatchEvents(Connection& connection, const std::string& job_id, std::int64_t from,
                         const EventSink& sink, RetryPolicy patience) {
  Interrupt& interrupt = connection.interrupt();
  std::int64_t next = from;
  bool broken = false;
  for (int tries = patience.tries;; --tries) {
    const std::int64_t before = next;
    const auto begin = Clock::now();
    absl::Status status = broken && sink.same ? sink.same() : absl::OkStatus();
    if (status.ok()) status = StreamOnce(connection, job_id, next, sink);
    broken = true;
    if (!IsConnectionLoss(status) || interrupt.happened()) return status;
    if (next != before || Clock::now() - begin > kSurelyConnected) tries = patience.tries;
    if (tries == 0) return status;
    if (tries == patience.tries) sink.lost(status);
    if (interrupt.WaitFor(patience.pause)) return status;
  }
}

absl::StatusOr<std::vector<v1::JobEvent>> EventsSoFar(Connection& connection,
                                                      const std::string& job_id) {
  grpc::ClientContext context;
  const Interrupt::Cancels cancels(connection.interrupt(), context);
  v1::WatchJobRequest request;
  request.set_id(job_id);
  request.set_until_now(true);
  const auto reader = connection.jobs().WatchJob(&context, request);
  std::vector<v1::JobEvent> events;
  v1::WatchJobResponse response;
  while (reader->Read(&response)) {
    for (v1::JobEvent& event : *response.mutable_events()) events.push_back(std::move(event));
  }
  absl::Status status = rpc::FromGrpcStatus(reader->Finish());
  if (!status.ok()) return status;
  return events;
}

}  // namespace mlp::cli
