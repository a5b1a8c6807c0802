// Notices from outside that a thread is busy in gRPC with one piece of work for long: parsing what
// a connection sends, most likely, while it serves nobody else. Pure, not thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "services/async/clock.h"

namespace mlp::rpc {

class Watchdog {
 public:
  // What the thread does.
  struct Progress {
    std::uint64_t turn = 0;      // changes whenever it goes into gRPC; 0 while it is not in gRPC
    async::Duration computed{};  // its processor time since it began
  };

  // Takes a look. Returns how many looks in a row, this one included, found the thread where it was
  // at the look before, having computed for at least half of the time between: a thread that waits,
  // or that others keep from the processor, is not busy.
  int Look(async::TimePoint now, const Progress& progress) {
    const bool busy = last_ && progress.turn != 0 && progress.turn == last_->progress.turn &&
                      2 * (progress.computed - last_->progress.computed) >= now - last_->at;
    last_ = {now, progress};
    busy_looks_ = busy ? busy_looks_ + 1 : 0;
    return busy_looks_;
  }

 private:
  struct Seen {
    async::TimePoint at;
    Progress progress;
  };

  std::optional<Seen> last_;
  int busy_looks_ = 0;
};

}  // namespace mlp::rpc
