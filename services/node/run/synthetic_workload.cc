#include "services/node/run/synthetic_workload.h"

#include <random>
#include <type_traits>
#include <variant>

namespace mlp::node {

TrainingResult SyntheticTraining(const ModelSpec& model, Precision precision, std::int32_t round,
                                 std::int32_t shard) {
  TrainingResult result{ZeroParameters(precision, ParameterCount(model)), {}, 1};
  result.training.rows = 1;
  const auto key = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(round)) << 32) |
                   static_cast<std::uint32_t>(shard);
  std::minstd_rand random(static_cast<std::uint32_t>(key % 2147483647U) + 1U);
  const auto fill = [&random](auto& gradient) {
    using Element = typename std::decay_t<decltype(gradient)>::value_type;
    // Within +-2^-11: small, so that a job of many rounds stays finite.
    for (auto& element : gradient) {
      const auto drawn = static_cast<std::int64_t>(random()) - (std::int64_t{1} << 30);
      element = static_cast<Element>(static_cast<double>(drawn) / static_cast<double>(1ULL << 41));
    }
  };
  std::visit(fill, result.gradient);
  return result;
}

}  // namespace mlp::node
