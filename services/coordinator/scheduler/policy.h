// A scheduling policy: which of the nodes that may have a shard gets it.
//
// CONTRIBUTING.md says how to add one. Beside the numbers of the reference system, only the table
// in policy.cc and the conversion to and from the protocol know policies by name.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "services/coordinator/scheduler/candidates.h"

namespace mlp::coordinator {

enum class Binding : std::uint8_t {
  kAtOnce,    // every shard goes to a node at once, which queues it
  kWhenFree,  // a shard waits until a node has a free slot; slots and hedging apply
};

// The effect of a rejection.
enum class AfterRejection : std::uint8_t {
  kCoolDownNode,  // the node gets nothing for a while, the shard goes elsewhere at once
  kBackOffShard,  // the shard waits, longer each time; the node may get others
  kRetryAtOnce,   // neither waits
};

struct PolicyTraits {
  Binding binding = Binding::kWhenFree;
  bool rejectable = true;  // nodes may reject offers
  AfterRejection after_rejection = AfterRejection::kCoolDownNode;
  bool one_offer_at_a_time = false;  // nothing is offered until the last offer was answered
};

struct Choice {
  int node = 0;
  std::string reason;  // short, for people
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual PolicyTraits traits() const = 0;
  // Chooses among `candidates`, which is not empty. Randomness comes from `random` only.
  virtual Choice Choose(const Candidates& candidates, std::mt19937_64& random) = 0;
};

// Returns the names in the order of the table, such as "pull".
std::vector<std::string_view> PolicyNames();
// Makes the policy of that name; nullptr if PolicyNames() lacks it.
std::unique_ptr<Policy> MakePolicy(std::string_view name);

}  // namespace mlp::coordinator
