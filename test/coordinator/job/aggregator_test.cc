#include "services/coordinator/job/aggregator.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

namespace mlp::coordinator {
namespace {

constexpr std::size_t kSize = 17;

// Gradients of very different magnitude, so that their sum depends on the order.
std::vector<Parameters> Gradients(Precision precision, std::size_t shards) {
  std::mt19937_64 random(shards);
  std::vector<Parameters> gradients;
  for (std::size_t shard = 0; shard < shards; ++shard) {
    Parameters gradient = ZeroParameters(precision, kSize);
    std::visit(
        [&](auto& values) {
          using T = typename std::decay_t<decltype(values)>::value_type;
          for (auto& value : values) {
            const auto sign = static_cast<T>(random() % 2 == 0 ? 1 : -1);
            value = sign * static_cast<T>(random() % 1000) *
                    static_cast<T>(std::pow(10.0, static_cast<double>(random() % 12)));
          }
        },
        gradient);
    gradients.push_back(std::move(gradient));
  }
  return gradients;
}

bool SameBits(const Parameters& a, const Parameters& b) {
  return std::ranges::equal(BytesOf(a), BytesOf(b));
}

Parameters AverageInOrder(const std::vector<Parameters>& gradients,
                          const std::vector<std::size_t>& order) {
  Aggregator aggregator(gradients.size(), PrecisionOf(gradients[0]), kSize);
  for (const std::size_t shard : order) {
    REQUIRE_FALSE(aggregator.Complete());
    REQUIRE(aggregator.Add(shard, Share(gradients[shard])).ok());
  }
  REQUIRE(aggregator.Complete());
  Parameters parameters = ZeroParameters(PrecisionOf(gradients[0]), kSize);
  aggregator.ApplyAverageTo(parameters);
  return parameters;
}

TEST_CASE("every arrival order of five gradients gives the same bits") {
  const Precision precision = GENERATE(Precision::kFloat32, Precision::kFloat64);
  const std::vector<Parameters> gradients = Gradients(precision, 5);
  std::vector<std::size_t> order = {0, 1, 2, 3, 4};
  const Parameters ascending = AverageInOrder(gradients, order);
  while (std::ranges::next_permutation(order).found) {
    REQUIRE(SameBits(AverageInOrder(gradients, order), ascending));
  }
}

TEST_CASE("shuffled arrivals of forty gradients give the bits of the plain sum in shard order") {
  const std::vector<Parameters> gradients = Gradients(Precision::kFloat64, 40);
  Parameters sum = ZeroParameters(Precision::kFloat64, kSize);
  for (const Parameters& gradient : gradients) Add(sum, gradient);
  Parameters expected = ZeroParameters(Precision::kFloat64, kSize);
  AddAverage(expected, sum, gradients.size());

  std::vector<std::size_t> order(gradients.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(3);
  for (int i = 0; i < 50; ++i) {
    std::ranges::shuffle(order, random);
    REQUIRE(SameBits(AverageInOrder(gradients, order), expected));
  }
}

TEST_CASE("the average is added to the parameters") {
  Aggregator aggregator(2, Precision::kFloat64, 2);
  REQUIRE(aggregator.Add(1, Share(Vector<double>{3, 10})).ok());
  REQUIRE(aggregator.Add(0, Share(Vector<double>{1, -4})).ok());
  Parameters parameters = Vector<double>{100, 200};
  aggregator.ApplyAverageTo(parameters);
  CHECK((std::get<Vector<double>>(parameters) == Vector<double>{102, 203}));
}

TEST_CASE("a second gradient of a shard is refused, summed already or not, and changes nothing") {
  Aggregator aggregator(3, Precision::kFloat64, 1);
  REQUIRE(aggregator.Add(0, Share(Vector<double>{1})).ok());
  REQUIRE(aggregator.Add(2, Share(Vector<double>{3})).ok());
  for (const std::size_t shard : {0, 2}) {
    const absl::Status status = aggregator.Add(shard, Share(Vector<double>{1000}));
    CHECK(status.code() == absl::StatusCode::kInternal);
    CHECK_THAT(std::string(status.message()), Catch::Contains("shard " + std::to_string(shard)));
  }
  REQUIRE(aggregator.Add(1, Share(Vector<double>{2})).ok());
  Parameters parameters = Vector<double>{0};
  aggregator.ApplyAverageTo(parameters);
  CHECK(std::get<Vector<double>>(parameters)[0] == 2);
}

TEST_CASE("a weighted average counts each shard by its weight, in shard order") {
  Aggregator aggregator({1, 3}, Precision::kFloat64, 1);
  REQUIRE(aggregator.Add(1, Share(Vector<double>{10})).ok());
  CHECK_FALSE(aggregator.Complete());
  REQUIRE(aggregator.Add(0, Share(Vector<double>{2})).ok());
  Parameters parameters = Vector<double>{1};
  aggregator.ApplyAverageTo(parameters);
  CHECK(std::get<Vector<double>>(parameters)[0] == 1 + (2 + 30) / 4.0);
}

TEST_CASE("a gradient is kept while it waits for an earlier one, and dropped once it is summed") {
  Aggregator aggregator(2, Precision::kFloat64, 1);
  const SharedParameters first = Share(Vector<double>{1});
  const SharedParameters second = Share(Vector<double>{2});
  REQUIRE(aggregator.Add(1, second).ok());
  CHECK(second.use_count() == 2);
  REQUIRE(aggregator.Add(0, first).ok());
  CHECK(first.use_count() == 1);
  CHECK(second.use_count() == 1);
}

TEST_CASE("a gradient of a shard that does not exist is refused") {
  Aggregator aggregator(3, Precision::kFloat64, 1);
  const absl::Status status = aggregator.Add(3, Share(Vector<double>{1}));
  CHECK(status.code() == absl::StatusCode::kInternal);
  CHECK_THAT(std::string(status.message()),
             Catch::EndsWith("shard 3 came in, but there are only 3"));
}

TEST_CASE("a gradient of another size or precision is refused, and the right one still counts") {
  Aggregator aggregator(1, Precision::kFloat64, 2);
  const absl::Status size = aggregator.Add(0, Share(Vector<double>{1, 2, 3}));
  CHECK(size.code() == absl::StatusCode::kInvalidArgument);
  CHECK(
      std::string(size.message()) ==
      "the gradient of shard 0 has 3 elements in float64, but the model has 2 elements in float64");
  const absl::Status precision = aggregator.Add(0, Share(Vector<float>{1, 2}));
  CHECK(precision.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(precision.message()), Catch::Contains("2 elements in float32"));
  CHECK_FALSE(aggregator.Complete());
  CHECK(aggregator.Add(0, Share(Vector<double>{1, 2})).ok());
  CHECK(aggregator.Complete());
}

}  // namespace
}  // namespace mlp::coordinator
