// Results that this node has computed, kept for a while after they were sent: a coordinator that
// was killed may not have stored them, and asks for them again instead of having them computed
// again.
//
// The key of a result is everything that its bits depend on, so a result that is found is the one
// that would be computed. Bounded by number and bytes; the oldest go first. Pure; not thread-safe;
// results that were handed out live on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <tuple>
#include <vector>

#include "libmlp/model/model_spec.h"
#include "libmlp/train/training_options.h"
#include "services/attempt/attempt_outcome.h"
#include "services/attempt/train_task.h"

namespace mlp::node {

class CachedResults {
 public:
  CachedResults(std::size_t most, std::size_t most_bytes) : most_(most), most_bytes_(most_bytes) {}

  // Returns the result of this very task, or null.
  SharedTrained Find(const TrainTask& task) const;
  // Keeps the result, unless it is there already or larger than all that may be kept.
  void Keep(const TrainTask& task, SharedTrained result);

  // The name of a result. Names returns all of them, the oldest first.
  struct Name {
    std::string job_id;
    std::int32_t round = 1;
    std::int32_t shard = 0;
  };
  std::vector<Name> Names() const;
  std::size_t bytes() const { return bytes_; }

 private:
  // What the bits depend on. What tells two results apart most often comes first: a look compares
  // the task with all that is kept.
  using Key = std::tuple<std::int32_t, std::int32_t, std::string, std::string, std::string,
                         ModelSpec, TrainingOptions>;
  struct Entry {
    Key key;
    SharedTrained result;
    std::size_t bytes;
  };

  void DropOldest();

  const std::size_t most_;
  const std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::deque<Entry> entries_;  // the oldest first
};

}  // namespace mlp::node
