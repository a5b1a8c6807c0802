// Injected load: decides which offers a node rejects and which tasks it holds up.
//
// Draws are keyed, not sequential: a hash of (seed, node, round, shard, purpose, offer) decides, so
// the same seed gives the same misfortunes to every scheduling policy and in every run, whatever
// else happens. The hold-up does not depend on the offer: nobody wins by drawing again. Pure and
// thread-safe; the same on every platform.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mlp::node {

struct LoadProfile {
  double probability = 0;            // a rejection's and, independently, a hold-up's; 0 to 1
  std::chrono::nanoseconds delay{};  // length of a hold-up, >= 0
  std::uint64_t seed = 1;
};

class LoadInjector {
 public:
  LoadInjector(const LoadProfile& profile, std::string node);

  // True if the node rejects offer number `offer` of the shard in the round.
  bool Rejects(std::int32_t round, std::int32_t shard, std::int32_t offer) const;
  // Returns the time for which this node holds up the shard in the round: `delay` or zero.
  std::chrono::nanoseconds HoldUp(std::int32_t round, std::int32_t shard) const;

  const LoadProfile& profile() const { return profile_; }

 private:
  LoadProfile profile_;
  std::string node_;
};

// The purpose of a draw, which is part of its key.
enum class DrawPurpose : std::uint8_t { kReject = 1, kHoldUp = 2 };

// Draws uniformly from [0, 1). The function is part of the contract: changing it changes every
// experiment.
double KeyedDraw(std::uint64_t seed, const std::string& node, std::int32_t round,
                 std::int32_t shard, DrawPurpose purpose, std::int32_t offer);

}  // namespace mlp::node
