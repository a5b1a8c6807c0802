#include "services/coordinator/job/gradient_sizes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mlp::coordinator {
namespace {

// When training diverges, the gradients of some shards grow by a larger factor in each epoch than
// those of others.
constexpr double kOutOfProportion = 1e12;

}  // namespace

bool GradientSizes::Round::OutOfProportion() const {
  return !of_others.node.empty() && largest.largest / kOutOfProportion > of_others.largest;
}

void GradientSizes::Add(const std::string& node, int round, int shard, double largest) {
  while (!rounds_.empty() && rounds_.begin()->first < round - 1) rounds_.erase(rounds_.begin());
  Round& to = rounds_[round];
  Gradient gradient{node, shard, largest};
  if (node == to.largest.node || to.largest.node.empty()) {
    if (largest >= to.largest.largest) to.largest = std::move(gradient);
  } else if (largest > to.largest.largest) {
    to.of_others = std::exchange(to.largest, std::move(gradient));
  } else if (largest >= to.of_others.largest) {
    to.of_others = std::move(gradient);
  }
}

std::string GradientSizes::Advice() const {
  if (rounds_.empty()) return "a smaller learning rate may help";
  const auto odd = std::ranges::find_if(
      rounds_, [](const auto& entry) { return entry.second.OutOfProportion(); });
  const auto& [number, round] = odd == rounds_.end() ? *rounds_.rbegin() : *odd;
  const std::string largest =
      absl::StrFormat("node %s sent numbers up to %.3g for shard %d in round %d",
                      round.largest.node, round.largest.largest, round.largest.shard, number);
  if (odd == rounds_.end()) return absl::StrCat(largest, "; a smaller learning rate may help");
  return absl::StrFormat(
      "%s, other nodes at most %.3g: if that machine computes wrong, drain it and submit the job "
      "again; a smaller learning rate may help if not",
      largest, round.of_others.largest);
}

}  // namespace mlp::coordinator
