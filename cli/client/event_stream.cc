#include "cli/client/event_stream.h"

#include <chrono>
#include <utility>

#include "cli/client/job_client.h"
#include "cli/client/message_text.h"

namespace mlp::cli {
namespace {

using Clock = std::chrono::steady_clock;

// An attempt to connect ends sooner, so a stream that lasted longer was connected, even if no event
// came.
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

// Reads one stream to its end. `next` becomes the number of the first event that did not arrive.
absl::Status StreamOnce(JobClient& client, const std::string& job_id, std::int64_t& next,
                        const EventSink& sink) {
  v1::WatchJobRequest request;
  request.set_id(job_id);
  request.set_from_sequence(next);
  return client.WatchJob(request, [&](const v1::JobEvent& event) {
    sink.event(event);
    next = event.sequence() + 1;
  });
}

}  // namespace

absl::Status WatchEvents(JobClient& client, const std::string& job_id, std::int64_t from,
                         const EventSink& sink, RetryPolicy patience) {
  Interrupt& interrupt = client.interrupt();
  std::int64_t next = from;
  bool broken = false;
  for (int tries = patience.tries;; --tries) {
    const std::int64_t before = next;
    const auto begin = Clock::now();
    absl::Status status = broken && sink.same ? sink.same() : absl::OkStatus();
    if (status.ok()) status = StreamOnce(client, job_id, next, sink);
    broken = true;
    if (!IsConnectionLoss(status) || interrupt.happened()) return status;
    if (next != before || Clock::now() - begin > kSurelyConnected) tries = patience.tries;
    if (tries == 0) return status;
    if (tries == patience.tries) sink.lost(status);
    if (interrupt.WaitFor(patience.pause)) return status;
  }
}

absl::StatusOr<std::vector<v1::JobEvent>> EventsSoFar(const Session& session,
                                                      const std::string& job_id) {
  JobClient client(session);
  v1::WatchJobRequest request;
  request.set_id(job_id);
  request.set_until_now(true);
  std::vector<v1::JobEvent> events;
  const absl::Status status = client.WatchJob(request, [&events](v1::JobEvent event) {
    MakePrintable(event);
    events.push_back(std::move(event));
  });
  if (!status.ok()) return status;
  return events;
}

}  // namespace mlp::cli
