// The times at which tasks get another copy, and the number of copies that a job can afford.
//
// A copy is due when the last one was not started in time. Copies are paid for from a token bucket
// (gRFC A6): it holds max(10, shards) tokens, a copy takes one, and each shard that is trained
// earns a tenth. A copy that ends without having been started gives its token back, because it cost
// no arithmetic. So copies are cheap if nodes are held up, and a cluster that is slow as a whole
// does not double its own load. Pure.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>

#include "services/coordinator/scheduler/agenda.h"
#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

class Hedging {
 public:
  explicit Hedging(int shards) : capacity_(std::max(10, shards)), tokens_(capacity_) {}

  // Makes another copy of `shard` due at `when`, whatever the time was before.
  void Expect(int shard, TimePoint when) { due_.Set(shard, when); }
  void Forget(int shard) { due_.Remove(shard); }
  void ForgetAll() { due_.Clear(); }
  // The times at which copies are due, with their shards; the first one first.
  const Agenda<int>::Entries& due() const { return due_.entries(); }
  std::optional<TimePoint> FirstAfter(TimePoint now) const {
    const auto next = due().upper_bound({now, std::numeric_limits<int>::max()});
    if (next == due().end()) return std::nullopt;
    return next->first;
  }

  bool CanPay() const { return tokens_ >= 1; }
  void Pay() { tokens_ -= 1; }
  void GiveBack() { tokens_ = std::min(capacity_, tokens_ + 1); }
  void Earn() { tokens_ = std::min(capacity_, tokens_ + 0.1); }

 private:
  Agenda<int> due_;
  double capacity_;
  double tokens_;
};

}  // namespace mlp::coordinator
