// Events of a job, written down briefly for tests of its timeline.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/timeline/model.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli::timeline {

inline Time Ms(std::int64_t milliseconds) { return std::chrono::milliseconds(milliseconds); }

class Recording {
 public:
  // `body`: the event's field as JSON, such as R"("roundStarted": {"shards": 2})".
  Recording& At(int milliseconds, const std::string& body, int round = 1);

  const std::vector<v1::JobEvent>& events() const { return events_; }
  Timeline Build() const { return BuildTimeline(events_); }

 private:
  std::vector<v1::JobEvent> events_;
};

// One round under `policy` on nodes a and b: a rejection, a wait in line, a second copy that wins
// over an original that is held up, a failure, a node that goes. Ends at 200 ms.
Recording EventfulRound(const std::string& policy = "pull");

// "sending 0-2, computing 2-9": the phases in milliseconds since the timeline's begin.
std::string PhasesText(const Timeline& timeline, const Attempt& attempt);
// The same of a row of a lane.
std::string SpansText(const Timeline& timeline, const Row& row);

}  // namespace mlp::cli::timeline
