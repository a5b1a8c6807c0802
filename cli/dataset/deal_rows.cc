#include "cli/dataset/deal_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace mlp::cli {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): std::shuffle may differ from library to library.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  // 0 to `limit` - 1, each as likely as the others.
  std::uint64_t Below(std::uint64_t limit) {
    const std::uint64_t unfair = -limit % limit;  // 2^64 mod limit
    std::uint64_t drawn = Next();
    while (drawn < unfair) drawn = Next();
    return drawn % limit;
  }

 private:
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

std::vector<std::size_t> Shuffled(std::size_t rows, std::uint64_t seed) {
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Generator generator(seed);
  for (std::size_t i = rows; i-- > 1;) std::swap(order[i], order[generator.Below(i + 1)]);
  return order;
}

// The number of validation rows among the `rows` of a class.
std::size_t ValidationRows(std::size_t rows, double share) {
  if (share == 0) return 0;
  const double wanted = std::round(share * static_cast<double>(rows));
  return std::clamp(static_cast<std::size_t>(wanted), std::size_t{1}, rows - 1);
}

}  // namespace

Deal DealRows(std::span<const std::size_t> classes, const DealOptions& options) {
  const std::vector<std::size_t> order = Shuffled(classes.size(), options.seed);
  std::vector<std::vector<std::size_t>> ranks;  // by class: places in `order`
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::size_t its = classes[order[rank]];
    if (its >= ranks.size()) ranks.resize(its + 1);
    ranks[its].push_back(rank);
  }
  Deal deal;
  deal.shards.resize(static_cast<std::size_t>(options.shards));
  std::size_t dealt = 0;
  for (const std::vector<std::size_t>& of_class : ranks) {
    if (of_class.empty()) continue;
    const std::size_t validation = ValidationRows(of_class.size(), options.validation);
    deal.validation.insert(deal.validation.end(), of_class.begin(), of_class.begin() + validation);
    for (std::size_t i = validation; i < of_class.size(); ++i) {
      deal.shards[dealt++ % deal.shards.size()].push_back(of_class[i]);
    }
  }
  const auto to_rows = [&order](std::vector<std::size_t>& places) {
    std::sort(places.begin(), places.end());  // so that classes are mixed
    for (std::size_t& place : places) place = order[place];
  };
  for (std::vector<std::size_t>& shard : deal.shards) to_rows(shard);
  to_rows(deal.validation);
  return deal;
}

}  // namespace mlp::cli
