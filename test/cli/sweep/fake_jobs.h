// A coordinator whose jobs end as soon as they are asked for.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "mlp/v1/job.pb.h"

namespace mlp::cli {

struct FakeJobsOptions {
  int full = 0;        // CreateJob calls that find the queue full first
  int hold_after = 0;  // jobs with greater numbers run until Release; 0: none
  int lose = 0;        // jobs that GetJob does not know the first time
  bool no_dataset = false;
};

// Jobs that end as soon as they are there: with the learning rate as their error, but those of 2
// and more fail, and those of 0 and less are refused. Thread-safe.
class FakeJobs {
 public:
  explicit FakeJobs(const FakeJobsOptions& options = {});
  ~FakeJobs();

  const std::string& address() const;
  std::vector<v1::Job> jobs() const;
  // The most that were there and had not ended.
  std::size_t most_running() const;
  void Release();

 private:
  class Service;

  const std::unique_ptr<Service> service_;
};

}  // namespace mlp::cli
