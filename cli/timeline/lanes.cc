#include "cli/timeline/lanes.h"

#include <algorithm>
#include <map>
#include <utility>

namespace mlp::cli::timeline {
namespace {

using Indices = std::vector<std::size_t>;  // of attempts

// Puts each attempt into the first row that is free when it begins.
std::vector<Indices> Pack(const std::vector<Attempt>& attempts, Indices of_node) {
  std::stable_sort(of_node.begin(), of_node.end(), [&](std::size_t a, std::size_t b) {
    return attempts[a].dispatched < attempts[b].dispatched;
  });
  std::vector<Indices> rows;
  for (const std::size_t i : of_node) {
    const auto free = std::find_if(rows.begin(), rows.end(), [&](const Indices& row) {
      return attempts[row.back()].end <= attempts[i].dispatched;
    });
    if (free == rows.end()) {
      rows.push_back({i});
    } else {
      free->push_back(i);
    }
  }
  if (rows.empty()) rows.emplace_back();
  return rows;
}

// Adds [from, until) without an attempt: idle while the node is there, away while it is not.
void AddGap(const NodeFacts& node, Time from, Time until, Row& row) {
  const auto add = [&row, &from](Time end, Kind kind) {
    if (end <= from) return;
    row.spans.push_back({{kind, from, end}, std::nullopt});
    from = end;
  };
  if (node.present.empty()) add(until, Kind::kIdle);
  for (const Presence& presence : node.present) {
    add(std::min(presence.from, until), Kind::kAway);
    add(std::min(presence.until, until), Kind::kIdle);
  }
  add(until, Kind::kAway);
}

Row FillRow(const NodeFacts& node, const std::vector<Attempt>& attempts, const Indices& indices,
            Time begin, Time end) {
  Row row;
  Time at = begin;
  for (const std::size_t i : indices) {
    AddGap(node, at, attempts[i].dispatched, row);
    for (const Phase& phase : attempts[i].phases) row.spans.push_back({phase, i});
    at = attempts[i].end;
  }
  AddGap(node, at, end, row);
  return row;
}

}  // namespace

std::vector<Lane> LayLanes(std::vector<NodeFacts> nodes, const std::vector<Attempt>& attempts,
                           Time begin, Time end) {
  std::map<std::string, Indices> by_node;
  for (std::size_t i = 0; i < attempts.size(); ++i) by_node[attempts[i].node].push_back(i);

  std::vector<Lane> lanes;
  for (NodeFacts& node : nodes) {
    Lane lane;
    lane.node = std::move(node);
    for (const Indices& row : Pack(attempts, by_node[lane.node.name])) {
      lane.rows.push_back(FillRow(lane.node, attempts, row, begin, end));
    }
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

Time TimeIn(const Lane& lane, Kind kind) {
  Time sum{};
  for (const Row& row : lane.rows) {
    for (const Span& span : row.spans) {
      if (span.phase.kind == kind) sum += span.phase.end - span.phase.begin;
    }
  }
  return sum;
}

}  // namespace mlp::cli::timeline
