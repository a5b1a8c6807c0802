// The seam to what must survive: jobs, their events, request ids and trained models.
//
// Loop thread only. Every method is complete when it returns: a reader sees what was written
// before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/coordinator/job.h"
#include "services/coordinator/job_event.h"

namespace mlp::coordinator {

class Store {
 public:
  virtual ~Store() = default;

  // Gives the job its number and id, and remembers it with its request id, if any. Returns it.
  virtual Job Create(Job job) = 0;
  virtual std::optional<Job> Get(const std::string& id) const = 0;
  virtual std::optional<Job> FindRequest(const std::string& request_id) const = 0;
  // At most `limit` jobs with numbers below `before`, newest first.
  virtual std::vector<Job> List(std::int64_t before, std::size_t limit) const = 0;

  // Appends to the job's events, folds the event into the job (coordinator::Apply) and returns it
  // with its sequence number. The job must exist.
  virtual JobEvent Append(const std::string& id, JobEvent event) = 0;
  // At most `limit` events from sequence number `from` on, in order.
  virtual std::vector<JobEvent> Events(const std::string& id, std::int64_t from,
                                       std::size_t limit) const = 0;

  virtual void PutModel(const std::string& id, std::shared_ptr<const Model> model) = 0;
  // nullptr where the job has none.
  virtual std::shared_ptr<const Model> GetModel(const std::string& id) const = 0;
};

}  // namespace mlp::coordinator
