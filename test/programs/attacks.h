// What strangers do to a coordinator: each attack as a function, and the limits that it must stay
// in.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "test/programs/target.h"

namespace mlp::test {

inline constexpr double kMostMemory = 400;  // peak of the coordinator, MiB

struct AttackSettings {
  int seconds = 60;  // that idle connections are held
  int nodes = 140;   // that register at once
  int quiet = 10;    // seconds over which the processor time of a coordinator at rest is measured
  double slack = 1;  // factor for all limits of time
};

struct Attack {
  // Returns what came of it, in words.
  using Run = std::string (*)(Target& target, const AttackSettings& settings);

  std::string_view name;
  Run run;
  TargetOptions target{};
  double p99 = 1;            // limit of the observer's 99th percentile, seconds
  Run once_quiet = nullptr;  // what is measured when neither jobs nor observer are there any more
};

// Returns all of them. The target of each is its own.
std::span<const Attack> Attacks();

}  // namespace mlp::test
