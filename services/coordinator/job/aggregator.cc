#include "services/coordinator/job/aggregator.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {

Aggregator::Aggregator(std::size_t shards, Precision precision, std::size_t size)
    : shards_(shards), sum_(ZeroParameters(precision, size)) {}

Aggregator::Aggregator(std::vector<std::size_t> weights, Precision precision, std::size_t size)
    : shards_(weights.size()),
      weights_(std::move(weights)),
      sum_(ZeroParameters(precision, size)) {}

absl::Status Aggregator::Add(std::size_t shard, SharedParameters gradient) {
  if (shard >= shards_) {
    return absl::InternalError(
        absl::StrCat("a gradient of shard ", shard, " came in, but there are only ", shards_));
  }
  if (shard < summed_ || waiting_.contains(shard)) {
    return absl::InternalError(absl::StrCat("a second gradient of shard ", shard, " came in"));
  }
  if (SizeOf(*gradient) != SizeOf(sum_) || PrecisionOf(*gradient) != PrecisionOf(sum_)) {
    const auto describe = [](const Parameters& parameters) {
      return absl::StrCat(SizeOf(parameters), " elements in ",
                          std::string(PrecisionName(PrecisionOf(parameters))));
    };
    return absl::InvalidArgumentError(absl::StrCat("the gradient of shard ", shard, " has ",
                                                   describe(*gradient), ", but the model has ",
                                                   describe(sum_)));
  }
  waiting_.emplace(shard, std::move(gradient));
  for (auto next = waiting_.find(summed_); next != waiting_.end(); next = waiting_.find(summed_)) {
    AddNext(*next->second);
    waiting_.erase(next);
    ++summed_;
  }
  return absl::OkStatus();
}

void Aggregator::AddNext(const Parameters& gradient) {
  if (weights_.empty()) return mlp::Add(sum_, gradient);
  std::visit(
      [&]<class T>(Vector<T>& sum) {
        const auto weight = static_cast<T>(weights_[summed_]);
        std::ranges::transform(
            sum, std::get<Vector<T>>(gradient), sum.begin(),
            [weight](T so_far, T addend) { return std::fma(weight, addend, so_far); });
      },
      sum_);
}

void Aggregator::ApplyAverageTo(Parameters& parameters) const {
  assert(Complete());
  const std::size_t total = std::accumulate(weights_.begin(), weights_.end(), std::size_t{0});
  AddAverage(parameters, sum_, weights_.empty() ? shards_ : total);
}

}  // namespace mlp::coordinator
