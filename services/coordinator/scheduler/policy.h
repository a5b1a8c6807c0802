// A scheduling policy: which of the nodes that may have a shard gets it.
//
// To add one: write a class in a file of its own under policies/, add its line to the table in
// policy.cc, a test, and a line in the documentation. Nothing else knows policies by name.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlp::coordinator {

using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

// What the node is told about an offer.
struct OfferTerms {
  bool queue_when_busy = false;  // accept and queue while busy, rather than reject
  bool rejectable = true;        // injected load may reject it
  friend bool operator==(const OfferTerms&, const OfferTerms&) = default;
};

// What happens after a rejection.
enum class AfterRejection : std::uint8_t {
  kCoolDownNode,  // the node gets nothing for a while, the shard goes elsewhere at once
  kBackOffShard,  // the shard waits, longer each time; the node may get others
};

// A node that may be given the shard in question.
struct Candidate {
  int node = 0;
  std::string_view name;
  int active_attempts = 0;  // dispatched and not ended
  TimePoint free_since;     // when its last attempt ended, or it joined
};

struct Choice {
  int node = 0;
  std::string reason;  // short, for people
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual OfferTerms terms() const = 0;
  virtual AfterRejection after_rejection() const = 0;
  // Attempts that a node may hold at once; nullopt: any number.
  virtual std::optional<int> slots() const = 0;
  // Chooses among `candidates`, which is not empty and in the order of node numbers. Randomness
  // comes from `random` only.
  virtual Choice Choose(std::span<const Candidate> candidates, std::mt19937_64& random) = 0;
};

// "random", "least-load", "pull".
std::vector<std::string_view> PolicyNames();
// nullptr where `name` is not among them.
std::unique_ptr<Policy> MakePolicy(std::string_view name);

}  // namespace mlp::coordinator
