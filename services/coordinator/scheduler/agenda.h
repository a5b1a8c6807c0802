// An agenda: one time for each key, the earliest first. Every call costs O(log keys). The
// containers keep neighbours together, because a large job has an entry for every attempt.
#pragma once

#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

template <class Key>
class Agenda {
 public:
  using Entry = std::pair<TimePoint, Key>;

  // Replaces the time that `key` had.
  void Set(Key key, TimePoint when) {
    Remove(key);
    entries_.emplace(when, key);
    times_.emplace(key, when);
  }
  void Remove(Key key) {
    const auto found = times_.find(key);
    if (found == times_.end()) return;
    entries_.erase({found->second, key});
    times_.erase(found);
  }
  void Clear() {
    entries_.clear();
    times_.clear();
  }

  std::optional<TimePoint> Find(Key key) const {
    const auto found = times_.find(key);
    if (found == times_.end()) return std::nullopt;
    return found->second;
  }

  using Entries = absl::btree_set<Entry>;
  // Iterators end with the next change.
  const Entries& entries() const { return entries_; }
  std::optional<TimePoint> First() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->first;
  }
  // Takes out the first key whose time has come by `now`.
  std::optional<Key> Take(TimePoint now) {
    if (entries_.empty() || entries_.begin()->first > now) return std::nullopt;
    const Key key = entries_.begin()->second;
    Remove(key);
    return key;
  }

 private:
  Entries entries_;
  absl::flat_hash_map<Key, TimePoint> times_;
};

}  // namespace mlp::coordinator
