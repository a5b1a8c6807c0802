#include "libmlp/train/predictor.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "libmlp/data/shard.h"
#include "libmlp/train/measurement.h"
#include "libmlp/train/training.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

// Returns rows first .. end - 1.
Shard RowsOf(const Shard& shard, std::size_t first, std::size_t end) {
  Shard part;
  part.features = Matrix<double>::from_shape({end - first, shard.feature_count()});
  part.labels = xt::xtensor<std::int32_t, 1>::from_shape({end - first});
  for (std::size_t i = first; i < end; ++i) {
    for (std::size_t j = 0; j < shard.feature_count(); ++j) {
      part.features(i - first, j) = shard.features(i, j);
    }
    part.labels(i - first) = shard.labels(i);
  }
  return part;
}

TEST_CASE("Probabilities have the same bits however the rows are cut") {
  const ModelSpec spec{{5, 7, 3}, Activation::kTanh};
  const Parameters parameters = RandomParameters(spec, -1, 1, 3);
  const Shard shard = RandomShard(333, 5, 3, 4);
  const Matrix<double> all = Probabilities(spec, parameters, shard.features);
  Predictor predictor(spec, parameters);
  Matrix<double> outputs = Matrix<double>::from_shape({100, 3});
  for (std::size_t first = 0; first < 300; first += 100) {
    predictor.Predict(RowsOf(shard, first, first + 100).features, 100, outputs);
    for (std::size_t i = 0; i < 100; ++i) {
      for (std::size_t k = 0; k < 3; ++k) CHECK(outputs(i, k) == all(first + i, k));
    }
  }
}

TEST_CASE("Only the rows that are asked for are written") {
  const ModelSpec spec{{2, 2}};
  const Parameters parameters = RandomParameters(spec, -1, 1, 3);
  Matrix<double> outputs = 7 * xt::ones<double>({4, 2});
  Predictor(spec, parameters).Predict(RandomShard(4, 2, 2, 1).features, 3, outputs);
  CHECK(outputs(2, 0) + outputs(2, 1) == Approx(1));
  CHECK(outputs(3, 0) == 7);
}

TEST_CASE("A model of numbers predicts what its last layer has") {
  const ModelSpec spec{{2, 1}, Activation::kRelu, Output::kIdentity};
  const Parameters parameters = Vector<double>{0.5, 2, -1};  // bias, weights
  Matrix<double> outputs = Matrix<double>::from_shape({2, 1});
  Predictor(spec, parameters).Predict(Matrix<double>{{1, 1}, {3, 10}}, 2, outputs);
  CHECK(outputs(0, 0) == 1.5);
  CHECK(outputs(1, 0) == -3.5);
}

TEST_CASE("Of equally probable classes the first is the most probable") {
  const Matrix<double> probabilities{{0.25, 0.375, 0.375}};
  CHECK(MostProbable(probabilities, 0) == 1);
}

TEST_CASE("What is measured block by block is what is measured at once") {
  const ModelSpec spec{{16, 20, 26}, Activation::kRelu};
  const Parameters parameters = RandomParameters(spec, -1, 1, 3);
  const Shard shard = LettersFile("train_letters1.txt");
  const Evaluation once = Evaluate(spec, parameters, shard).value();
  Measurement measurement(spec, parameters);
  for (std::size_t first = 0; first < shard.rows(); first += 500) {
    REQUIRE(measurement.Add(RowsOf(shard, first, first + 500)).ok());
  }
  CHECK(measurement.evaluation().rows == once.rows);
  CHECK(measurement.evaluation().wrong_rows == once.wrong_rows);
  CHECK(measurement.evaluation().loss == Approx(once.loss).epsilon(1e-12));
  std::int64_t right = 0;
  for (const ClassScores& scores : ScoresOf(*measurement.confusion())) right += scores.right;
  CHECK(right == static_cast<std::int64_t>(once.rows - once.wrong_rows));
}

TEST_CASE("Numbers are measured by their squared differences and around their own mean") {
  const ModelSpec spec{{1, 1}, Activation::kRelu, Output::kIdentity};
  const Parameters parameters = Vector<double>{0, 1};
  Measurement measurement(spec, parameters);
  REQUIRE(measurement.Add(ParseShard("1,2\n2,2\n", "a", LabelKind::kNumber).value()).ok());
  REQUIRE(measurement.Add(ParseShard("3,5\n", "b", LabelKind::kNumber).value()).ok());
  CHECK(measurement.evaluation().rows == 3);
  CHECK(measurement.evaluation().loss == Approx((1 + 0 + 4) / 2.0));
  CHECK(measurement.evaluation().total_squares == Approx(6));  // around 3
  CHECK_FALSE(measurement.confusion());
}

TEST_CASE("Rows that do not fit the model are refused, and so is a loss that is no number") {
  const ModelSpec spec{{1, 1}, Activation::kRelu, Output::kIdentity};
  const Parameters parameters = Vector<double>{0, 1e308};
  Measurement measurement(spec, parameters);
  CHECK(absl::IsInvalidArgument(
      measurement.Add(ParseShard("1,2,3\n", "a", LabelKind::kNumber).value())));
  CHECK(absl::IsOutOfRange(measurement.Add(ParseShard("9,2\n", "a", LabelKind::kNumber).value())));
}

}  // namespace
}  // namespace mlp::testing
