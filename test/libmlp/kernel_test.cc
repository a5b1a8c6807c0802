#include "libmlp/kernel.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "libmlp/network.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

TEMPLATE_TEST_CASE("Each element of a product is one chain of fused multiply-adds", "", float,
                   double) {
  using T = TestType;
  const std::size_t rows = GENERATE(1u, 4u, 7u), columns = GENERATE(1u, 8u, 9u, 30u);
  const std::size_t depth = 5, stride = Padded<T>(columns);
  std::vector<T> a(rows * depth), b(depth * stride), c(rows * stride);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::sin(static_cast<T>(i));
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = std::cos(static_cast<T>(i));
  for (std::size_t i = 0; i < c.size(); ++i) c[i] = static_cast<T>(i) / 3;
  std::vector<T> expected = c;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < stride; ++j) {
      for (std::size_t k = 0; k < depth; ++k) {
        expected[i * stride + j] =
            std::fma(a[k * rows + i], b[k * stride + j], expected[i * stride + j]);
      }
    }
  }
  // A lies transposed in memory: (depth, rows).
  MultiplyAdd<T>(rows, columns, depth, {a.data(), 1, rows}, {b.data(), stride}, {c.data(), stride});
  CHECK(c == expected);
}

TEMPLATE_TEST_CASE("Softmax sums to one, whatever the magnitude of its values", "", float, double) {
  using T = TestType;
  const T offset = GENERATE(T(0), T(1e4), T(-1e4));
  std::vector<T> row(Padded<T>(9));
  for (std::size_t i = 0; i < 9; ++i) row[i] = offset + static_cast<T>(i);
  Softmax(row.data(), 9);
  CHECK(std::accumulate(row.begin(), row.begin() + 9, T(0)) == Approx(1).epsilon(1e-6));
  CHECK(row[8] / row[7] == Approx(std::exp(1.0)).epsilon(1e-5));
  CHECK(std::all_of(row.begin() + 9, row.end(), [](T x) { return x == 0; }));
}

// Passes of `epochs` steps over letters' first shard, in blocks of `block_rows`.
template <class T>
std::pair<double, Vector<T>> TrainInBlocks(std::size_t block_rows) {
  const ModelSpec spec{{16, 9, 7, 26}, Activation::kTanh};
  const Shard shard = LettersFile("train_letters1.txt");
  const Precision precision = sizeof(T) == 4 ? Precision::kFloat32 : Precision::kFloat64;
  const Parameters start = InitialParameters(spec, precision, Initialization::kGlorotUniform, 5);
  Network<T> network(spec, std::get<Vector<T>>(start), block_rows);
  double loss = 0;
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (std::size_t first = 0; first < shard.rows(); first += block_rows) {
      network.Forward(shard.features, first, std::min(block_rows, shard.rows() - first));
      network.SubtractLogLikelihood(&shard.labels(first), loss);
      network.Backward(&shard.labels(first));
    }
    network.Step(T(1e-4));
  }
  return {loss, network.parameters()};
}

TEMPLATE_TEST_CASE("The size of the row blocks changes no bit", "", float, double) {
  const auto [loss, parameters] = TrainInBlocks<TestType>(64);
  CHECK(std::isfinite(loss));
  for (std::size_t block_rows : {1u, 3u, 4u, 63u, 1500u, 4000u}) {
    INFO("blocks of " << block_rows << " rows");
    const auto [other_loss, other_parameters] = TrainInBlocks<TestType>(block_rows);
    CHECK(other_loss == loss);
    CHECK(Bits(other_parameters) == Bits(parameters));
  }
}

TEST_CASE("A block is small where layers are wide, and never smaller than four rows") {
  CHECK(DefaultBlockRows(ReferenceSpec()) == 64);
  CHECK(DefaultBlockRows({{5000, 10000, 10}, Activation::kRelu}) == 17);
  CHECK(DefaultBlockRows({{1, kMaxLayerSize, 2}, Activation::kRelu}) == 4);
}

}  // namespace
}  // namespace mlp::testing
