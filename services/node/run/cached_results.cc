#include "services/node/run/cached_results.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "services/attempt/trained.h"

namespace mlp::node {

namespace {

// Returns the task's key, as references.
auto KeyOf(const TrainTask& task) {
  // Who adds a field decides here whether the bits depend on it, as they do not on offer and terms.
  const auto& [job_id, round, shard, offer, terms, data, model, parameters, training] = task;
  return std::tie(shard, round, job_id, data.sha256, parameters.sha256, *model, training);
}

}  // namespace

SharedTrained CachedResults::Find(const TrainTask& task) const {
  const auto key = KeyOf(task);
  const auto found =
      std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : found->result;
}

void CachedResults::Keep(const TrainTask& task, SharedTrained result) {
  const std::size_t bytes = BytesOf(*result->gradient).size();
  if (bytes > most_bytes_ || Find(task) != nullptr) return;
  entries_.push_back({KeyOf(task), std::move(result), bytes});
  bytes_ += bytes;
  while (entries_.size() > most_ || bytes_ > most_bytes_) DropOldest();
}

void CachedResults::DropOldest() {
  bytes_ -= entries_.front().bytes;
  entries_.pop_front();
}

std::vector<CachedResults::Name> CachedResults::Names() const {
  std::vector<Name> names;
  names.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    const auto& [shard, round, job_id, data, parameters, model, training] = entry.key;
    names.push_back({job_id, round, shard});
  }
  return names;
}

}  // namespace mlp::node
