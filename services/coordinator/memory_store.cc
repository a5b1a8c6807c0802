#include "services/coordinator/memory_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {

Job MemoryStore::Create(Job job) {
  job.number = ++last_number_;
  job.id = absl::StrCat("job-", job.number);
  numbers_.emplace(job.id, job.number);
  if (!job.request_id.empty()) requests_.emplace(job.request_id, job.number);
  Entry& entry = jobs_[job.number];
  entry.job = std::move(job);
  return entry.job;
}

std::optional<Job> MemoryStore::Get(const std::string& id) const {
  const Entry* entry = Find(id);
  if (entry == nullptr) return std::nullopt;
  return entry->job;
}

std::optional<Job> MemoryStore::FindRequest(const std::string& request_id) const {
  const auto found = requests_.find(request_id);
  if (found == requests_.end()) return std::nullopt;
  return jobs_.at(found->second).job;
}

std::vector<Job> MemoryStore::List(std::int64_t before, std::size_t limit) const {
  std::vector<Job> page;
  for (auto it = jobs_.lower_bound(before); it != jobs_.begin() && page.size() < limit;) {
    --it;
    page.push_back(it->second.job);
  }
  return page;
}

JobEvent MemoryStore::Append(const std::string& id, JobEvent event) {
  Entry& entry = *Find(id);
  event.sequence = static_cast<std::int64_t>(entry.events.size()) + 1;
  const bool was_final = IsFinal(entry.job.state);
  Apply(entry.job, event);
  entry.events.push_back(event);
  if (!was_final && IsFinal(entry.job.state)) {
    ++ended_;
    ForgetOldJobs();
  }
  return event;
}

std::vector<JobEvent> MemoryStore::Events(const std::string& id, std::int64_t from,
                                          std::size_t limit) const {
  const Entry* entry = Find(id);
  if (entry == nullptr) return {};
  const auto size = entry->events.size();
  const auto first = std::min(size, static_cast<std::size_t>(std::max<std::int64_t>(from, 1) - 1));
  const auto last = std::min(size, first + limit);
  return {entry->events.begin() + static_cast<std::ptrdiff_t>(first),
          entry->events.begin() + static_cast<std::ptrdiff_t>(last)};
}

void MemoryStore::PutModel(const std::string& id, std::shared_ptr<const Model> model) {
  Find(id)->model = std::move(model);
}

std::shared_ptr<const Model> MemoryStore::GetModel(const std::string& id) const {
  const Entry* entry = Find(id);
  return entry == nullptr ? nullptr : entry->model;
}

MemoryStore::Entry* MemoryStore::Find(const std::string& id) {
  const auto found = numbers_.find(id);
  return found == numbers_.end() ? nullptr : &jobs_.at(found->second);
}

const MemoryStore::Entry* MemoryStore::Find(const std::string& id) const {
  return const_cast<MemoryStore*>(this)->Find(id);
}

void MemoryStore::ForgetOldJobs() {
  for (auto it = jobs_.begin(); it != jobs_.end() && ended_ > keep_jobs_;) {
    const Job& job = it->second.job;
    if (!IsFinal(job.state)) {
      ++it;
      continue;
    }
    numbers_.erase(job.id);
    if (!job.request_id.empty()) requests_.erase(job.request_id);
    it = jobs_.erase(it);
    --ended_;
  }
}

}  // namespace mlp::coordinator
