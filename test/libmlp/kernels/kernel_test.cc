#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xview.hpp>

#include "libmlp/data/shard.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/model/initialization.h"
#include "libmlp/model/parameters.h"
#include "libmlp/train/block.h"
#include "libmlp/train/network.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

// Returns the kernels of every instruction set of this machine.
template <class T>
std::vector<std::pair<std::string_view, const Kernels<T>*>> AllKernels() {
  std::vector<std::pair<std::string_view, const Kernels<T>*>> all;
  for (const InstructionSet set : AvailableInstructionSets()) {
    all.emplace_back(InstructionSetName(set), &KernelsFor<T>(set));
  }
  return all;
}

TEMPLATE_TEST_CASE("Each element of a product is one chain of fused multiply-adds", "", float,
                   double) {
  using T = TestType;
  const std::size_t rows = GENERATE(1u, 2u, 6u, 7u, 19u), columns = GENERATE(1u, 8u, 9u, 30u, 77u);
  // The deepest product is computed panel by panel.
  const std::size_t depth = GENERATE(1u, 5u, 1300u), stride = Padded<T>(columns);
  std::vector<T> a(rows * depth), b(depth * stride), c(rows * stride);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::sin(static_cast<T>(i));
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = std::cos(static_cast<T>(i));
  for (std::size_t i = 0; i < c.size(); ++i) c[i] = static_cast<T>(i) / 3;
  const bool add = GENERATE(false, true);
  for (const auto& [name, kernels] : AllKernels<T>()) {
    INFO(name);
    std::vector<T> product = c;
    const auto multiply = add ? kernels->multiply_add : kernels->multiply;
    // A lies transposed in memory: (depth, rows).
    multiply(
        {rows, columns, depth, {a.data(), 1, rows}, {b.data(), stride}, {product.data(), stride}});
    bool equal = true;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        T expected = add ? c[i * stride + j] : T(0);
        for (std::size_t k = 0; k < depth; ++k) {
          expected = std::fma(a[k * rows + i], b[k * stride + j], expected);
        }
        equal = equal && product[i * stride + j] == expected;
      }
    }
    CHECK(equal);
  }
}

TEMPLATE_TEST_CASE("Softmax sums to one, whatever the magnitude of its values", "", float, double) {
  using T = TestType;
  const T offset = GENERATE(T(0), T(1e4), T(-1e4));
  const std::size_t columns = 3, stride = Padded<T>(columns);
  for (const auto& [name, kernels] : AllKernels<T>()) {
    INFO(name);
    std::vector<T> a(9 * stride, T(7e4));
    for (std::size_t i = 0; i < 9; ++i) a[i * stride + 2] = offset + static_cast<T>(i);
    kernels->softmax(9, columns, {a.data(), stride});
    T sum = 0;
    for (std::size_t i = 0; i < 9; ++i) sum += a[i * stride + 2];
    CHECK(sum == Approx(1).epsilon(1e-6));
    CHECK(a[8 * stride + 2] / a[7 * stride + 2] == Approx(std::exp(1.0)).epsilon(1e-5));
    CHECK(a[8 * stride] == Approx(1.0 / 9).epsilon(1e-6));
  }
}

TEMPLATE_TEST_CASE("A column with a value that is not a number has no probabilities", "", float,
                   double) {
  using T = TestType;
  const std::size_t place = GENERATE(0u, 7u, 25u);
  const std::size_t stride = kAlignedValues<T>;
  for (const auto& [name, kernels] : AllKernels<T>()) {
    INFO(name);
    std::vector<T> a(26 * stride, T(1));
    a[place * stride + 1] = std::numeric_limits<T>::quiet_NaN();
    kernels->softmax(26, 2, {a.data(), stride});
    CHECK(std::isnan(a[place * stride + 1]));
    CHECK(a[place * stride] == Approx(1.0 / 26));
    kernels->logarithms(&a[place * stride], 2);
    CHECK(std::isnan(a[place * stride + 1]));
  }
}

TEMPLATE_TEST_CASE("A matrix is transposed, value by value", "", float, double) {
  using T = TestType;
  const std::size_t rows = GENERATE(1u, 16u, 26u), columns = GENERATE(1u, 8u, 33u);
  const std::size_t a_stride = Padded<T>(columns), b_stride = Padded<T>(rows) + kAlignedValues<T>;
  std::vector<T> a(Padded<T>(rows) * a_stride);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<T>(i);
  for (const auto& [name, kernels] : AllKernels<T>()) {
    INFO(name);
    std::vector<T> b(Padded<T>(columns) * b_stride);
    kernels->transpose(rows, columns, {a.data(), a_stride}, {b.data(), b_stride});
    bool equal = true;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        equal = equal && b[j * b_stride + i] == a[i * a_stride + j];
      }
    }
    CHECK(equal);
  }
}

TEMPLATE_TEST_CASE("Rows are added up lane by lane, in order", "", float, double) {
  using T = TestType;
  constexpr std::size_t kLine = kAlignedValues<T>;
  const std::size_t rows = GENERATE(1u, 4u, 11u), columns = GENERATE(1u, 16u, 40u, 67u);
  const std::size_t stride = Padded<T>(columns);
  std::vector<T> a(rows * stride, std::numeric_limits<T>::quiet_NaN());  // padding is not added
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      a[i * stride + j] = std::sin(static_cast<T>(i * columns + j));
    }
  }
  for (const auto& [name, kernels] : AllKernels<T>()) {
    INFO(name);
    std::vector<T> sums(rows * kLine, T(0.3)), expected = sums;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j)
        expected[i * kLine + j % kLine] += a[i * stride + j];
    }
    kernels->add_by_lane(rows, columns, {a.data(), stride}, {sums.data(), kLine});
    CHECK(sums == expected);
  }
}

TEST_CASE("A sum of losses does not depend on how rows come in blocks of eights") {
  std::vector<double> logarithms(61);
  for (std::size_t i = 0; i < logarithms.size(); ++i) logarithms[i] = std::sin(double(i)) / 3;
  LossSum whole, parts;
  whole.Subtract(logarithms.data(), logarithms.size());
  for (const auto& [first, rows] : {std::pair{0u, 8u}, {8u, 32u}, {40u, 16u}, {56u, 5u}}) {
    parts.Subtract(logarithms.data() + first, rows);
  }
  CHECK(parts.Total() == whole.Total());
  CHECK(whole.Total() ==
        Approx(-std::accumulate(logarithms.begin(), logarithms.end(), 0.0)).epsilon(1e-12));
}

// Returns the gradient of 37 rows by each layer's weights, without the biases, as (inputs,
// outputs).
template <class T>
std::vector<std::vector<T>> GradientsWith(const ModelSpec& spec, std::vector<Lanes> lanes,
                                          InstructionSet set) {
  const Shard shard = LettersFile("train_letters1.txt");
  const Precision precision = sizeof(T) == 4 ? Precision::kFloat32 : Precision::kFloat64;
  const Parameters start = InitialParameters(spec, precision, Initialization::kGlorotUniform, 5);
  const auto& weights = std::get<Vector<T>>(start);
  constexpr std::size_t kRows = 37;
  BlockInputs<T> inputs(spec.features(), 48, 1, BlockInputs<T>::ByRow::kKept, set);
  inputs.Load(0, shard.features, 5, kRows);
  Block<T> block(spec, 48, set, lanes);
  block.Forward(inputs[0], weights.data());
  block.Backward({shard.labels.data() + 5, nullptr}, {}, weights.data());
  std::vector<std::vector<T>> gradients;
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    const std::size_t rows = spec.layer_sizes[l], columns = spec.layer_sizes[l + 1];
    const bool across_inputs = lanes[l] == Lanes::kInputs;
    AlignedMatrix<T> sums = xt::zeros<T>(
        {1 + (across_inputs ? columns : rows), Stride<T>(across_inputs ? rows : columns)});
    block.Gradient(inputs[0], l, 0, across_inputs ? columns : rows, false, sums);
    std::vector<T>& gradient = gradients.emplace_back();
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        gradient.push_back(across_inputs ? sums(j, i) : sums(1 + i, j));
      }
    }
  }
  return gradients;
}

TEMPLATE_TEST_CASE("Gradients are the same to the bit, whatever lies across the lanes", "", float,
                   double) {
  const ModelSpec spec{{16, 9, 20, 26}, Activation::kTanh};
  for (const InstructionSet set : AvailableInstructionSets()) {
    INFO(InstructionSetName(set));
    const auto across_inputs = GradientsWith<TestType>(spec, {3, Lanes::kInputs}, set);
    CHECK(across_inputs == GradientsWith<TestType>(spec, {3, Lanes::kOutputs}, set));
    for (const auto& gradient : across_inputs) CHECK(gradient[3] != 0);
  }
}

TEST_CASE(
    "What lies across the lanes leaves few of them idle, and is not worth a large transposition") {
  using enum Lanes;
  CHECK(FastestLanes<double>(ReferenceSpec(), 1500) == std::vector{kInputs, kInputs});
  CHECK(FastestLanes<float>(ReferenceSpec(), 1500) == std::vector{kInputs, kOutputs});
  const ModelSpec wide{{784, 257, 10}, Activation::kRelu};
  CHECK(FastestLanes<float>(wide, 32) == std::vector{kOutputs, kOutputs});
  CHECK(FastestLanes<float>(wide, 32000) == std::vector{kInputs, kInputs});
  const ModelSpec even{{784, 512, 10}, Activation::kRelu};
  CHECK(FastestLanes<float>(even, 32000) == std::vector{kOutputs, kInputs});
}

// Takes three steps on the first features of letters' first shard.
template <class T>
std::pair<double, Vector<T>> TrainWith(const NetworkOptions& options,
                                       Activation activation = Activation::kTanh,
                                       std::size_t features = 16) {
  const ModelSpec spec{{features, 9, 7, 26}, activation};
  Shard shard = LettersFile("train_letters1.txt");
  shard.features = Matrix<double>(xt::view(shard.features, xt::all(), xt::range(0, features)));
  const Precision precision = sizeof(T) == 4 ? Precision::kFloat32 : Precision::kFloat64;
  const Parameters start = InitialParameters(spec, precision, Initialization::kGlorotUniform, 5);
  Network<T> network(spec, std::get<Vector<T>>(start), shard, options);
  double loss = 0;
  for (int epoch = 0; epoch < 3; ++epoch) {
    REQUIRE(network.Differentiate({}, {}, {}, loss).ok());
    network.Step(T(1e-4));
  }
  return {loss, network.parameters()};
}

TEMPLATE_TEST_CASE("The size of the row blocks changes no bit", "", float, double) {
  const std::size_t features = GENERATE(16u, 13u, 1u);
  const auto train = [&](const NetworkOptions& options) {
    return TrainWith<TestType>(options, Activation::kTanh, features);
  };
  const auto [loss, parameters] = train({.block_rows = 64});
  CHECK(std::isfinite(loss));
  for (std::size_t block_rows : {16u, 48u, 256u, 1504u, 4000u}) {
    INFO("blocks of " << block_rows << " rows");
    const auto [other_loss, other_parameters] = train({.block_rows = block_rows});
    CHECK(other_loss == loss);
    CHECK(Bits(other_parameters) == Bits(parameters));
  }
}

TEMPLATE_TEST_CASE("The number of threads changes no bit", "", float, double) {
  const auto [loss, parameters] = TrainWith<TestType>({});
  for (std::size_t threads : {2u, 3u, 7u, 100u}) {
    INFO(threads << " threads");
    const auto [other_loss, other_parameters] = TrainWith<TestType>({.threads = threads});
    CHECK(other_loss == loss);
    CHECK(Bits(other_parameters) == Bits(parameters));
  }
}

TEMPLATE_TEST_CASE("Every instruction set gives the same bits", "", float, double) {
  const Activation activation =
      GENERATE(Activation::kRelu, Activation::kTanh, Activation::kLogistic, Activation::kIdentity,
               Activation::kUnrectifiedRelu);
  const auto [loss, parameters] =
      TrainWith<TestType>({.set = InstructionSet::kScalarFma}, activation);
  CHECK(std::isfinite(loss));
  for (const InstructionSet set : AvailableInstructionSets()) {
    INFO(InstructionSetName(set));
    const auto [other_loss, other_parameters] = TrainWith<TestType>({.set = set}, activation);
    CHECK(other_loss == loss);
    CHECK(Bits(other_parameters) == Bits(parameters));
  }
}

TEST_CASE("A block is small where layers are wide, and never smaller than sixteen rows") {
  CHECK(DefaultBlockRows(ReferenceSpec()) == 64);
  CHECK(DefaultBlockRows({{784, 512, 10}, Activation::kRelu}) == 256);
  CHECK(DefaultBlockRows({{5000, 10000, 10}, Activation::kRelu}) == 128);
  CHECK(DefaultBlockRows({{1, kMaxLayerSize, 2}, Activation::kRelu}) == 16);
}

}  // namespace
}  // namespace mlp::testing
