#include "services/coordinator/job/round_result.h"

#include <utility>
#include <vector>

#include "services/attempt/trained.h"
#include "services/coordinator/job/dataset.h"

namespace mlp::coordinator {
namespace {

Aggregator NewAggregator(const Job& job, const Dataset& dataset, const Parameters& parameters) {
  const Precision precision = PrecisionOf(parameters);
  const std::size_t size = SizeOf(parameters);
  if (job.spec.weighting == Weighting::kEqual) return Aggregator(job.shards, precision, size);
  std::vector<std::size_t> rows;
  for (const auto& shard : dataset.shards) rows.push_back(shard.rows);
  return Aggregator(std::move(rows), precision, size);
}

}  // namespace

RoundResult::RoundResult(const Job& job, const Dataset& dataset, const Parameters& parameters)
    : gradients(NewAggregator(job, dataset, parameters)) {}

absl::Status RoundResult::Add(int shard, const ShardResult& result) {
  training_rows += result.training.rows;
  wrong_rows += result.training.wrong_rows;
  training_loss += result.training.loss;
  epochs_run += result.epochs_run;
  return gradients.Add(static_cast<std::size_t>(shard), result.gradient);
}

}  // namespace mlp::coordinator
