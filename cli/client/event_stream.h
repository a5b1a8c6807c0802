// A job's events, each once and in order, whatever happens to the connection.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/client/retry_policy.h"
#include "cli/client/session.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

class JobClient;

struct EventSink {
  std::function<void(const v1::JobEvent&)> event;
  std::function<void(const absl::Status&)> lost;  // the connection; once per outage
  // Checks that it is still the same job, when the connection may be back. An error other than
  // another lost connection ends the stream. May be empty.
  std::function<absl::Status()> same = {};
};

// Streams from event number `from` on and, if the connection breaks, goes on after the last one
// received. Returns OK when the job has ended, or the last error if patience is exhausted, the
// coordinator refuses, or there was an interrupt. Blocks; calls the sink on this thread.
absl::Status WatchEvents(JobClient& client, const std::string& job_id, std::int64_t from,
                         const EventSink& sink, RetryPolicy patience = {});

// The events that a job of the session's coordinator has had until now; does not wait for more.
// Their texts are Printable. A
// coordinator that does not know this request keeps the stream open while the job runs; an
// interrupt ends it.
absl::StatusOr<std::vector<v1::JobEvent>> EventsSoFar(const Session& session,
                                                      const std::string& job_id);

}  // namespace mlp::cli
