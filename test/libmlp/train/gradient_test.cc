// Compares gradients with numeric differentiation, and with cases worked out by hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "libmlp/data/shard.h"
#include "libmlp/train/predictor.h"
#include "libmlp/train/training.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

double Loss(const ModelSpec& spec, const Parameters& parameters, const Shard& shard) {
  const Matrix<double> y = Probabilities(spec, parameters, shard.features);
  double loss = 0;
  for (std::size_t row = 0; row < shard.rows(); ++row) {
    loss -= std::log(y(row, static_cast<std::size_t>(shard.labels(row))));
  }
  return loss;
}

// Returns the derivative of the loss by parameter `i`: central difference.
double NumericDerivative(const ModelSpec& spec, const Vector<double>& at, std::size_t i,
                         const Shard& shard) {
  constexpr double kStep = 1e-5;
  Vector<double> up = at, down = at;
  up[i] += kStep;
  down[i] -= kStep;
  return (Loss(spec, up, shard) - Loss(spec, down, shard)) / (2 * kStep);
}

Vector<double> OneStep(const ModelSpec& spec, const Parameters& start, const Shard& shard,
                       double learning_rate) {
  TrainingOptions options{.epochs = 1, .learning_rate = learning_rate, .tolerance = 0};
  return std::get<Vector<double>>(Train(spec, start, shard, options)->gradient);
}

TEST_CASE("One step goes down the numeric gradient of the loss") {
  const auto activation =
      GENERATE(Activation::kRelu, Activation::kTanh, Activation::kLogistic, Activation::kIdentity);
  const auto layer_sizes =
      GENERATE(std::vector<std::size_t>{3, 5}, std::vector<std::size_t>{3, 6, 5},
               std::vector<std::size_t>{3, 6, 4, 5});
  const ModelSpec spec{layer_sizes, activation};
  const Shard shard = RandomShard(9, 3, 5, 7);
  const Parameters start = RandomParameters(spec, -0.8, 0.8, 11);
  const Vector<double>& at = std::get<Vector<double>>(start);

  constexpr double kLearningRate = 0.125;
  const Vector<double> change = OneStep(spec, start, shard, kLearningRate);
  INFO(ActivationName(activation) << " with " << spec.layers() - 1 << " hidden layers");
  for (std::size_t i = 0; i < at.size(); ++i) {
    INFO("parameter " << i);
    CHECK(-change[i] / kLearningRate ==
          Approx(NumericDerivative(spec, at, i, shard)).margin(2e-8).epsilon(1e-6));
  }
}

TEST_CASE("In float32 one step is that of float64, rounded") {
  const ModelSpec spec{{3, 6, 4, 5}, Activation::kTanh};
  const Shard shard = RandomShard(9, 3, 5, 7);
  const Parameters start = RandomParameters(spec, -0.8, 0.8, 11);
  const Parameters rounded = Converted(start, Precision::kFloat32);
  const Vector<double> exact = OneStep(spec, start, shard, 0.125);
  const auto result = Train(spec, rounded, shard, {.epochs = 1, .learning_rate = 0.125});
  const auto& change = std::get<Vector<float>>(result->gradient);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    CHECK(change[i] == Approx(exact[i]).margin(2e-6));
  }
}

// A case with one feature, one hidden unit, two classes; (W bias, W, V biases 2, V 2), the row x =
// 1 of class 0.
struct HandCase {
  double bias, weight;  // A = bias + weight
  bool passes;
};

TEST_CASE(
    "Unrectified ReLU passes values unchanged and gradients where the value is not negative") {
  const auto [bias, weight, passes] = GENERATE(HandCase{0, 2, true}, HandCase{0, -2, false},
                                               HandCase{1, -1, true}, HandCase{0.5, -1, false});
  const ModelSpec spec{{1, 1, 2}, Activation::kUnrectifiedRelu};
  const Vector<double> start = {bias, weight, 0, 0, 0.5, -0.25};
  const Shard shard = ParseShard("1,0\n1,1\n1,0\n", "hand").value();
  const double a = bias + weight;
  const double y0 = 1 / (1 + std::exp(-0.75 * a));  // the logits are 0.5 a and -0.25 a

  CHECK(Probabilities(spec, start, shard.features)(0, 0) == Approx(y0));
  // The gradient of two rows of class 0 and one of class 1.
  const double g0 = 2 * (1 - y0) - y0, g1 = -g0;
  const double da = passes ? 0.5 * g0 - 0.25 * g1 : 0;
  const Vector<double> change = OneStep(spec, start, shard, 0.5);
  const std::vector<double> expected = {da, da, g0, g1, a * g0, a * g1};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("A = " << a << ", parameter " << i);
    CHECK(change[i] == Approx(0.5 * expected[i]).margin(1e-14));
  }
}

TEST_CASE("Unrectified ReLU is the identity, bit by bit, where no value is negative") {
  ModelSpec spec{{16, 6, 5, 26}, Activation::kUnrectifiedRelu};
  const Shard shard = LettersFile("train_letters3.txt");  // features are not negative
  const Parameters start = RandomParameters(spec, 0, 0.05, 3);
  const Vector<double> masked = OneStep(spec, start, shard, 1e-4);
  spec.activation = Activation::kIdentity;
  CHECK(Bits(masked) == Bits(OneStep(spec, start, shard, 1e-4)));
  // ReLU differs from both at 0 only.
  spec.activation = Activation::kRelu;
  CHECK(Bits(masked) == Bits(OneStep(spec, start, shard, 1e-4)));
}

TEST_CASE("ReLU passes neither values nor gradients where the value is 0 or less") {
  const ModelSpec spec{{1, 1, 2}, Activation::kRelu};
  const Shard shard = ParseShard("1,0\n", "hand").value();
  const double weight = GENERATE(0.0, -3.0);
  const Vector<double> start = {0, weight, 0, 0, 0.5, -0.25};
  CHECK(Probabilities(spec, start, shard.features)(0, 0) == 0.5);
  const Vector<double> change = OneStep(spec, start, shard, 1);
  CHECK(std::vector<double>(change.begin(), change.end()) ==
        std::vector<double>{0, 0, 0.5, -0.5, 0, 0});
}

}  // namespace
}  // namespace mlp::testing
