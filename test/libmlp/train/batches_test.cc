// Tests of training by batches: what each option does, and that bits depend on nothing else.
#include "libmlp/train/batches.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <xtensor/xview.hpp>

#include "libmlp/data/shard.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/model/initialization.h"
#include "libmlp/train/optimizer.h"
#include "libmlp/train/predictor.h"
#include "libmlp/train/training.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

const ModelSpec kSpec{{4, 7, 5, 3}, Activation::kTanh};

// Options of one plain step of rate 1 over all rows, which is minus the mean gradient.
TrainingOptions OneStepOptions() {
  TrainingOptions options{.epochs = 1, .learning_rate = 1};
  options.solver = Solver::kSgd;
  options.batches.batch_size = 1000;
  options.batches.momentum = 0;
  options.batches.nesterov = false;
  options.batches.alpha = 0;
  return options;
}

Vector<double> Change(const Parameters& start, const Shard& shard, const TrainingOptions& options) {
  return std::get<Vector<double>>(Train(kSpec, start, shard, options).value().gradient);
}

// Checks that the mean gradient under `options` is the numeric derivative of `loss`.
void CheckGradientOf(const std::function<double(const Matrix<double>& y, const Shard& shard,
                                                const Vector<double>& weights)>& loss,
                     const TrainingOptions& options) {
  const Shard shard = RandomShard(9, 4, 3, 7);
  const Parameters start = RandomParameters(kSpec, -0.8, 0.8, 11);
  const Vector<double> change = Change(start, shard, options);
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0; i < change.size(); ++i) {
    Vector<double> up = std::get<Vector<double>>(start), down = up;
    up[i] += kStep;
    down[i] -= kStep;
    const double above = loss(Probabilities(kSpec, up, shard.features), shard, up);
    const double below = loss(Probabilities(kSpec, down, shard.features), shard, down);
    INFO("parameter " << i);
    CHECK(-change[i] == Approx((above - below) / (2 * kStep)).margin(1e-8).epsilon(1e-6));
  }
}

std::size_t LabelOf(const Shard& shard, std::size_t row) {
  return static_cast<std::size_t>(shard.labels(row));
}

TEST_CASE("A step goes down the mean loss of its rows") {
  CheckGradientOf(
      [](const auto& y, const Shard& shard, const auto&) {
        double loss = 0;
        for (std::size_t i = 0; i < shard.rows(); ++i) loss -= std::log(y(i, LabelOf(shard, i)));
        return loss / 9;
      },
      OneStepOptions());
}

TEST_CASE("Label smoothing shares the label out over all classes") {
  TrainingOptions options = OneStepOptions();
  options.batches.label_smoothing = 0.3;
  CheckGradientOf(
      [](const auto& y, const Shard& shard, const auto&) {
        double loss = 0;
        for (std::size_t i = 0; i < shard.rows(); ++i) {
          loss -= 0.7 * std::log(y(i, LabelOf(shard, i)));
          for (std::size_t k = 0; k < 3; ++k) loss -= 0.1 * std::log(y(i, k));
        }
        return loss / 9;
      },
      options);
}

TEST_CASE("A class's weight is how often its rows count") {
  TrainingOptions options = OneStepOptions();
  options.batches.class_weights = {0.5, 3, 1};
  CheckGradientOf(
      [&](const auto& y, const Shard& shard, const auto&) {
        double loss = 0;
        for (std::size_t i = 0; i < shard.rows(); ++i) {
          const std::size_t label = LabelOf(shard, i);
          loss -= options.batches.class_weights[label] * std::log(y(i, label));
        }
        return loss / 9;
      },
      options);
}

TEST_CASE("Alpha pulls the weights, not the biases, to zero") {
  TrainingOptions options = OneStepOptions();
  options.batches.alpha = 0.6;
  CheckGradientOf(
      [](const auto& y, const Shard& shard, const Vector<double>& weights) {
        double loss = 0;
        for (std::size_t i = 0; i < shard.rows(); ++i) loss -= std::log(y(i, LabelOf(shard, i)));
        for (std::size_t l = 0; l < kSpec.layers(); ++l) {
          const std::size_t end = LayerOffset(kSpec, l + 1);
          for (std::size_t i = LayerOffset(kSpec, l) + kSpec.layer_sizes[l + 1]; i < end; ++i) {
            loss += 0.3 * weights[i] * weights[i];
          }
        }
        return loss / 9;
      },
      options);
}

TEST_CASE("A gradient that is longer than clip_norm is shortened to it, another is left alone") {
  const Shard shard = RandomShard(9, 4, 3, 7);
  const Parameters start = RandomParameters(kSpec, -0.8, 0.8, 11);
  TrainingOptions options = OneStepOptions();
  const Vector<double> whole = Change(start, shard, options);
  const double length = std::sqrt(SumOfSquares(whole.data(), whole.size()));
  options.batches.clip_norm = length / 4;
  const Vector<double> clipped = Change(start, shard, options);
  CHECK(std::sqrt(SumOfSquares(clipped.data(), clipped.size())) == Approx(length / 4));
  options.batches.clip_norm = length * 1.01;
  CHECK((Change(start, shard, options) == whole));
}

TEST_CASE("Dropout leaves its share of the units out and scales the others up") {
  // A linear unit for each of 1000 inputs of 1: the output counts the units that are left out.
  constexpr std::size_t kUnits = 1000;
  const ModelSpec spec{{1, kUnits, 2}, Activation::kIdentity};
  Vector<double> weights =
      std::get<Vector<double>>(ZeroParameters(Precision::kFloat64, ParameterCount(spec)));
  for (std::size_t unit = 0; unit < kUnits; ++unit) weights[unit] = 1;  // the biases
  const std::size_t output = LayerOffset(spec, 1);
  for (std::size_t unit = 0; unit < kUnits; ++unit) weights[output + 2 + 2 * unit] = 1.0 / kUnits;
  const Matrix<double> features = xt::zeros<double>({2, 1});
  Block<double> block(spec, 2, ChosenInstructionSet(), FastestLanes<double>(spec, 2));
  BlockInputs<double> inputs(1, 2, 1, BlockInputs<double>::ByRow::kDropped, ChosenInstructionSet());
  inputs.Load(0, features, 0, 2);
  const std::uint32_t rows[] = {5, 6};
  block.Forward(inputs[0], weights.data(), {.share = 0.25, .key = 3, .rows = rows});
  // The output is softmax(s, 0): s is the share that stayed, divided by 0.75.
  const auto kept = [&](std::size_t row) {
    return std::log(block.Probability(row, 0) / block.Probability(row, 1));
  };
  CHECK(kept(0) == Approx(1).margin(0.08));
  CHECK(kept(1) == Approx(1).margin(0.08));
  CHECK(kept(0) != kept(1));
  CHECK(kept(0) * 0.75 * kUnits == Approx(std::round(kept(0) * 0.75 * kUnits)).epsilon(1e-9));
}

TrainingOptions Everything(Solver solver) {
  TrainingOptions options{.epochs = 2, .learning_rate = 0.01};
  options.solver = solver;
  options.batches.batch_size = 150;
  options.batches.dropout = 0.25;
  options.batches.clip_norm = 0.5;
  options.batches.label_smoothing = 0.1;
  return options;
}

TEMPLATE_TEST_CASE("With every option on, blocks, threads and instruction sets change no bit", "",
                   float, double) {
  const ModelSpec spec{{16, 20, 12, 26}, Activation::kRelu};
  const Shard shard = LettersFile("train_letters1.txt");
  const Precision precision = sizeof(TestType) == 4 ? Precision::kFloat32 : Precision::kFloat64;
  const auto start = std::get<Vector<TestType>>(
      InitialParameters(spec, precision, Initialization::kGlorotUniform, 5));
  const TrainingOptions options = Everything(GENERATE(Solver::kSgd, Solver::kAdam));
  const auto bits = [&](NetworkOptions network_options) {
    network_options.batch_rows = 150;
    Network<TestType> network(spec, start, shard, network_options);
    const auto result = TrainBatches(network, spec, shard, options, {});
    REQUIRE(result.ok());
    CHECK(std::isfinite(result->training.loss));
    return Bits(network.parameters());
  };
  const auto expected = bits({});
  for (const InstructionSet set : AvailableInstructionSets()) CHECK(bits({.set = set}) == expected);
  for (const std::size_t rows : {16u, 64u, 160u}) CHECK(bits({.block_rows = rows}) == expected);
  CHECK(bits({.block_rows = 48, .threads = 3}) == expected);
}

TEST_CASE("Rows are shuffled and units left out by seed, round and shard alone") {
  const ModelSpec spec{{16, 20, 26}, Activation::kRelu};
  const Shard shard = LettersFile("train_letters1.txt");
  const Parameters start =
      InitialParameters(spec, Precision::kFloat64, Initialization::kGlorotUniform, 5);
  TrainingOptions options = Everything(Solver::kAdam);
  const auto bits = [&] { return Bits(Train(spec, start, shard, options).value().gradient); };
  options.key = {.seed = 1, .round = 2, .shard = 3};
  const auto first = bits();
  CHECK(bits() == first);
  for (const DrawKey key : {DrawKey{2, 2, 3}, DrawKey{1, 3, 3}, DrawKey{1, 2, 4}}) {
    options.key = key;
    CHECK(bits() != first);
  }
}

TEST_CASE("Regression goes down half the squared error, by every solver") {
  Shard shard = RandomShard(50, 4, 3, 7);
  shard.targets = xt::view(shard.features, xt::all(), 0) * 2 - 1;
  shard.labels = xt::xtensor<std::int32_t, 1>::from_shape({0});
  const ModelSpec spec{{4, 8, 1}, Activation::kTanh, Output::kIdentity};
  REQUIRE(CheckShard(spec, shard).ok());
  const Parameters start =
      InitialParameters(spec, Precision::kFloat64, Initialization::kGlorotUniform, 5);
  const Evaluation before = Evaluate(spec, start, shard).value();
  for (const Solver solver : kSolvers) {
    TrainingOptions options{.epochs = 300,
                            .learning_rate = solver == Solver::kDescent ? 0.002 : 0.01};
    options.solver = solver;
    INFO(SolverName(solver));
    Parameters after = start;
    Add(after, Train(spec, start, shard, options).value().gradient);
    const Evaluation evaluation = Evaluate(spec, after, shard).value();
    CHECK(evaluation.wrong_rows == 0);
    CHECK(evaluation.total_squares == before.total_squares);
    CHECK(1 - 2 * evaluation.loss / evaluation.total_squares > 0.95);  // R^2
  }
}

TEST_CASE("A shard of the other kind than the model is refused") {
  Shard shard = RandomShard(5, 4, 1, 7);
  CHECK(CheckShard({{4, 1}, Activation::kRelu, Output::kIdentity}, shard).message() ==
        "rows have classes, the model predicts a number");
  shard.targets = xt::ones<double>({5});
  CHECK(CheckShard({{4, 3}}, shard).message() ==
        "rows have numbers to predict, the model has classes");
}

TEST_CASE("Options out of range, or not for the solver, are refused by name") {
  const auto message = [](const std::function<void(TrainingOptions&)>& change) {
    TrainingOptions options;
    options.solver = Solver::kAdam;
    change(options);
    return std::string(CheckTrainingOptions(options, 3).message());
  };
  CHECK(message([](auto&) {}).empty());
  CHECK(message([](auto& o) { o.batches.batch_size = 0; }) ==
        "batches.batch_size must be 1 or more, is 0");
  CHECK(message([](auto& o) { o.batches.dropout = 1; }) ==
        "batches.dropout must be 0 or more and less than 1, is 1");
  CHECK(message([](auto& o) { o.batches.epsilon = 0; }) ==
        "batches.epsilon must be finite and greater than 0, is 0");
  CHECK(message([](auto& o) { o.batches.alpha = NAN; }) ==
        "batches.alpha must be finite and 0 or more, is nan");
  CHECK(message([](auto& o) {
          o.batches.class_weights = {1, 2};
        }) == "batches.class_weights has 2 numbers, the data has 3 classes");
  CHECK(message([](auto& o) {
          o.solver = Solver::kDescent;
          o.batches.dropout = 0.5;
        }) == "batches are for solvers sgd and adam; choose one of them, or leave them out");
}

TEST_CASE("Batches stop soon after they are asked to") {
  const Shard shard = RandomShard(9, 4, 3, 7);
  std::stop_source stop;
  stop.request_stop();
  const auto trained = Train(kSpec, RandomParameters(kSpec, -0.8, 0.8, 11), shard, OneStepOptions(),
                             stop.get_token());
  CHECK(trained.status().code() == absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace mlp::testing
