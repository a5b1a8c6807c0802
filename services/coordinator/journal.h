// Where a job's events go: the store, the job's log, and whoever watches.
#pragma once

#include <string>
#include <utility>

#include "services/async/clock.h"
#include "services/async/wait.h"
#include "services/coordinator/store.h"

namespace mlp::coordinator {

// The seam to a log that people and tools read afterwards. Loop thread only; must not block.
class JobLog {
 public:
  virtual ~JobLog() = default;
  virtual void Append(const std::string& job_id, const JobEvent& event) = 0;
};

// Records events of all jobs. Loop thread only.
class Journal {
 public:
  Journal(async::Clock& clock, Store& store, JobLog& log)
      : clock_(clock), store_(store), log_(log), recorded_(clock) {}

  // `round` 0: an event of the whole job.
  void Record(const std::string& job_id, int round, JobEvent::Body body) {
    RecordAt(clock_.Now(), job_id, round, std::move(body));
  }
  // Something that happened, or was decided, at `time`.
  void RecordAt(async::TimePoint time, const std::string& job_id, int round, JobEvent::Body body) {
    JobEvent event;
    event.time = time;
    event.round = round;
    event.body = std::move(body);
    log_.Append(job_id, store_.Append(job_id, std::move(event)));
    recorded_.Notify();
  }

  // Notified whenever an event was recorded, of any job.
  async::Signal& recorded() { return recorded_; }

 private:
  async::Clock& clock_;
  Store& store_;
  JobLog& log_;
  async::Signal recorded_;
};

}  // namespace mlp::coordinator
