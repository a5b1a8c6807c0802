// A Store in memory: what it holds ends with the process. Jobs that have ended are forgotten, the
// oldest first, once there are more than `keep_jobs` of them.
#pragma once

#include <map>
#include <unordered_map>

#include "services/coordinator/store.h"

namespace mlp::coordinator {

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::size_t keep_jobs) : keep_jobs_(keep_jobs) {}

  Job Create(Job job) override;
  std::optional<Job> Get(const std::string& id) const override;
  std::optional<Job> FindRequest(const std::string& request_id) const override;
  std::vector<Job> List(std::int64_t before, std::size_t limit) const override;
  JobEvent Append(const std::string& id, JobEvent event) override;
  std::vector<JobEvent> Events(const std::string& id, std::int64_t from,
                               std::size_t limit) const override;
  void PutModel(const std::string& id, std::shared_ptr<const Model> model) override;
  std::shared_ptr<const Model> GetModel(const std::string& id) const override;

 private:
  struct Entry {
    Job job;
    std::vector<JobEvent> events;  // events[i].sequence == i + 1
    std::shared_ptr<const Model> model;
  };

  Entry* Find(const std::string& id);
  const Entry* Find(const std::string& id) const;
  void ForgetOldJobs();

  std::size_t keep_jobs_;
  std::int64_t last_number_ = 0;
  std::size_t ended_ = 0;
  std::map<std::int64_t, Entry> jobs_;                      // by number
  std::unordered_map<std::string, std::int64_t> numbers_;   // by id
  std::unordered_map<std::string, std::int64_t> requests_;  // by request id
};

}  // namespace mlp::coordinator
