#include "libmlp/train/training.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <thread>

#include "libmlp/data/shard.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/model/initialization.h"
#include "libmlp/train/network.h"
#include "libmlp/train/predictor.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

Parameters ReferenceStart() {
  return InitialParameters(ReferenceSpec(), Precision::kFloat64, Initialization::kReference, 1);
}

TEST_CASE("Losses on the first shard of letters are the reference arithmetic's") {
  // The numbers were computed by a plain program in another language, one row and one unit after
  // the other.
  const Shard shard = LettersFile("train_letters1.txt");
  const Evaluation before = Evaluate(ReferenceSpec(), ReferenceStart(), shard).value();
  CHECK(before.loss == Approx(4887.2462519212195).epsilon(1e-12));
  CHECK(before.wrong_rows == 1448);
  const TrainingResult result = Train(ReferenceSpec(), ReferenceStart(), shard, {}).value();
  CHECK(result.epochs_run == 10);
  CHECK(result.training.rows == 1500);
  CHECK(result.training.loss == Approx(4880.6304905849165).epsilon(1e-10));
  CHECK(result.training.wrong_rows == 1387);
}

TEST_CASE("The training evaluation is that of the parameters after the last step") {
  const Shard shard = LettersFile("train_letters2.txt");
  Parameters parameters = ReferenceStart();
  const TrainingResult result = Train(ReferenceSpec(), parameters, shard, {.epochs = 3}).value();
  Add(parameters, result.gradient);
  const Evaluation after = Evaluate(ReferenceSpec(), parameters, shard).value();
  CHECK(after.wrong_rows == result.training.wrong_rows);
  CHECK(after.loss == Approx(result.training.loss).epsilon(1e-12));
  CHECK(after.error() == after.wrong_rows / 1500.0);
}

TEST_CASE("Equal parameters give equal probabilities, and the first class wins") {
  const ModelSpec spec{{2, 4}, Activation::kRelu};
  const Shard shard = ParseShard("1,2,0\n3,4,3\n5,6,1\n", "equal").value();
  const Parameters zero = ZeroParameters(Precision::kFloat64, ParameterCount(spec));
  const Evaluation evaluation = Evaluate(spec, zero, shard).value();
  CHECK(evaluation.wrong_rows == 2);
  CHECK(evaluation.loss == Approx(-3 * std::log(0.25 + 1e-6)));
  CHECK((Probabilities(spec, zero, shard.features) == 0.25 * xt::ones<double>({3, 4})));
}

// Returns the loss after each of the first steps on a small problem; [0] is before the first.
std::vector<double> LossesByStep(const ModelSpec& spec, const Parameters& start, const Shard& shard,
                                 double learning_rate, int steps) {
  std::vector<double> losses = {Evaluate(spec, start, shard)->loss};
  for (int step = 1; step <= steps; ++step) {
    const TrainingOptions options{.epochs = step, .learning_rate = learning_rate};
    losses.push_back(Train(spec, start, shard, options)->training.loss);
  }
  return losses;
}

TEST_CASE("The first step that changes the loss by the tolerance or less is kept and is the last") {
  const ModelSpec spec{{3, 5, 4}, Activation::kTanh};
  const Shard shard = RandomShard(20, 3, 4, 1);
  const Parameters start = RandomParameters(spec, -0.5, 0.5, 2);
  const std::vector<double> losses = LossesByStep(spec, start, shard, 0.01, 5);
  const auto change = [&](int step) { return std::abs(losses[step] - losses[step - 1]); };
  REQUIRE(change(2) < change(1));
  REQUIRE(change(3) < change(2));

  const auto train = [&](double tolerance) {
    return Train(spec, start, shard, {.epochs = 5, .learning_rate = 0.01, .tolerance = tolerance})
        .value();
  };
  const TrainingResult at_limit = train(change(3));
  CHECK(at_limit.epochs_run == 3);
  CHECK(at_limit.training.loss == losses[3]);
  CHECK(train(std::nextafter(change(3), 0)).epochs_run == 4);
  CHECK(train(change(1)).epochs_run == 1);
  CHECK(train(0).epochs_run == 5);

  const TrainingResult three = Train(spec, start, shard, {3, 0.01, 0}).value();
  CHECK(Bits(at_limit.gradient) == Bits(three.gradient));
}

TEST_CASE("A large model trains on several threads to the bits of one") {
  const ModelSpec spec{{96, 400, 10}, Activation::kTanh};
  REQUIRE(ThreadsPay(spec));
  const Shard shard = RandomShard(700, 96, 10, 1);  // three blocks of rows
  const Parameters start = RandomParameters(spec, -0.1, 0.1, 2);
  CHECK(Network<double>(spec, std::get<Vector<double>>(start), shard, {.threads = 3}).threads() ==
        3);
  const auto train = [&](int threads) {
    return Train(spec, start, shard, {.epochs = 2}, {}, threads).value();
  };
  const TrainingResult alone = train(1);
  for (const int threads : {2, 3, 8}) {
    INFO(threads << " threads");
    const TrainingResult result = train(threads);
    CHECK(Bits(result.gradient) == Bits(alone.gradient));
    CHECK(result.training.loss == alone.training.loss);
    CHECK(result.training.wrong_rows == alone.training.wrong_rows);
  }
}

TEST_CASE("A small model is not worth several threads") { CHECK(!ThreadsPay(ReferenceSpec())); }

TEST_CASE("Without a tolerance training goes on where nothing changes") {
  const ModelSpec spec{{1, 2}, Activation::kRelu};
  const Shard shard = ParseShard("0,0\n0,1\n", "balanced").value();
  const Parameters start = ZeroParameters(Precision::kFloat64, ParameterCount(spec));
  CHECK(Train(spec, start, shard, {.epochs = 7})->epochs_run == 7);
  CHECK(Train(spec, start, shard, {.epochs = 7, .tolerance = 1e-300})->epochs_run == 1);
}

TEST_CASE("Divergence is an error that names the epoch, not a result of nans") {
  const auto precision = GENERATE(Precision::kFloat32, Precision::kFloat64);
  const Shard shard = LettersFile("train_letters1.txt");
  // Masks and saturation keep the other activations finite: the derivative of the loss is bounded.
  const ModelSpec spec{{16, 20, 26}, Activation::kIdentity};
  const Parameters start = InitialParameters(spec, precision, Initialization::kReference, 1);
  const auto result = Train(spec, start, shard, {.epochs = 100, .learning_rate = 10});
  REQUIRE(result.status().code() == absl::StatusCode::kOutOfRange);
  const std::string message(result.status().message());
  CHECK(message.starts_with("loss or parameters became non-finite in epoch "));
  CHECK(message.ends_with(": use a smaller learning rate"));
}

TEST_CASE("A loss that is not finite is an error of the evaluation") {
  const ModelSpec spec{{1, 1, 2}, Activation::kIdentity};
  const Shard shard = ParseShard("1e200,0\n", "large").value();
  const Vector<double> huge = {0, 1e200, 0, 0, 1, -1};
  CHECK(Evaluate(spec, huge, shard).status().code() == absl::StatusCode::kOutOfRange);
  const auto trained = Train(spec, huge, shard, {.epochs = 1});
  CHECK(std::string(trained.status().message()) ==
        "loss or parameters became non-finite in epoch 1: use a smaller learning rate");
}

TEST_CASE("Training and evaluation that are stopped before they begin are cancelled") {
  std::stop_source stop;
  stop.request_stop();
  const Shard shard = LettersFile("train_letters1.txt");
  const auto trained = Train(ReferenceSpec(), ReferenceStart(), shard, {}, stop.get_token());
  CHECK(trained.status().code() == absl::StatusCode::kCancelled);
  const auto evaluated = Evaluate(ReferenceSpec(), ReferenceStart(), shard, stop.get_token());
  CHECK(evaluated.status().code() == absl::StatusCode::kCancelled);
}

TEST_CASE("Training that would take years ends as cancelled once it is stopped") {
  const Shard shard = LettersFile("train_letters1.txt");
  absl::StatusCode code = absl::StatusCode::kOk;
  std::jthread worker([&](std::stop_token stop) {
    const TrainingOptions options{.epochs = std::numeric_limits<int>::max(), .learning_rate = 1e-9};
    code = Train(ReferenceSpec(), ReferenceStart(), shard, options, stop).status().code();
  });
  worker.request_stop();
  worker.join();
  CHECK(code == absl::StatusCode::kCancelled);
}

TEST_CASE("A shard that does not fit the model is refused") {
  const ModelSpec spec{{2, 3}, Activation::kRelu};
  const auto refusal = [&](const char* text) {
    const absl::Status status = CheckShard(spec, ParseShard(text, "shard").value());
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  CHECK(CheckShard(spec, ParseShard("1,1,2\n", "shard").value()).ok());
  CHECK(refusal("1,1,1,2\n") == "rows have 3 features, the model takes 2");
  CHECK(refusal("1,0\n") == "rows have 1 features, the model takes 2");
  CHECK(refusal("1,1,3\n") == "rows have class 3, the model knows 0 to 2");
}

TEST_CASE("The arithmetic has a name with its version, whatever the instruction set") {
  CHECK(ArithmeticId() == "mlp-3");
}

}  // namespace
}  // namespace mlp::testing
