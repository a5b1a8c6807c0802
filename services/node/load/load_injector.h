// Injected load: which offers a node rejects and which tasks it holds up.
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
  double probability = 0;            // of a rejection and, independently, of a hold-up; 0 to 1
  std::chrono::nanoseconds delay{};  // length of a hold-up, >= 0
  std::uint64_t seed = 1;
};

class LoadInjector {
 public:
  LoadInjector(const LoadProfile& profile, std::string node);

  // Whether the node rejects offer number `offer` of the shard in the round.
  bool Rejects(std::int32_t round, std::int32_t shard, std::int32_t offer) const;
  // How long the shard is held up on this node in the round: `delay` or zero.
  std::chrono::nanoseconds HoldUp(std::int32_t round, std::int32_t shard) const;

  const LoadProfile& profile() const { return profile_; }

 private:
  LoadProfile profile_;
  std::string node_;
};

// What a draw is for; part of its key.
enum class DrawPurpose : std::uint8_t { kReject = 1, kHoldUp = 2 };

// The draw itself, uniform in [0, 1). Part of the contract: changing it changes every experiment.
double KeyedDraw(std::uint64_t seed, const std::string& node, std::int32_t round,
                 std::int32_t shard, DrawPurpose purpose, std::int32_t offer);

}  // namespace mlp::node
