// Attempts laid into lanes, one per node. A node may hold several attempts at once, so a lane has
// as many rows as it needs. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/timeline/attempt.h"

namespace mlp::cli::timeline {

// A stretch of a row: a phase of an attempt (an index), or none.
struct Span {
  Phase phase;
  std::optional<std::size_t> attempt;
};

struct Row {
  // The spans from the timeline's begin to its end without gap or overlap. None is empty.
  std::vector<Span> spans;
};

// A time in which a node could get work.
struct Presence {
  Time from{};
  Time until{};
};

// A node, as its events describe it.
struct NodeFacts {
  std::string name;
  int number = 0;
  double load_probability = 0;
  Time load_delay{};
  std::vector<Presence> present;  // in order; empty if no event said
};

struct Lane {
  NodeFacts node;
  std::vector<Row> rows;  // at least one
};

// One lane for each of `nodes`, in their order. Every attempt's node is one of them, and its time
// is within `begin` and `end`.
std::vector<Lane> LayLanes(std::vector<NodeFacts> nodes, const std::vector<Attempt>& attempts,
                           Time begin, Time end);

// Time that the rows of `lane` together spend on `kind`.
Time TimeIn(const Lane& lane, Kind kind);

}  // namespace mlp::cli::timeline
