#include "libmlp/train/confusion.h"

#include <catch2/catch.hpp>

namespace mlp {
namespace {

TEST_CASE("Precision, recall and F1 of a class follow from the matrix") {
  Confusion confusion(3);
  for (int i = 0; i < 4; ++i) confusion.Add(0, 0);
  confusion.Add(0, 1);
  confusion.Add(1, 1);
  confusion.Add(1, 0);
  confusion.Add(1, 0);
  const std::vector<ClassScores> scores = ScoresOf(confusion);
  REQUIRE(scores.size() == 3);
  CHECK(scores[0].rows == 5);
  CHECK(scores[0].predicted == 6);
  CHECK(scores[0].precision() == Approx(4.0 / 6));
  CHECK(scores[0].recall() == Approx(4.0 / 5));
  CHECK(scores[0].f1() == Approx(2 * (4.0 / 6) * 0.8 / (4.0 / 6 + 0.8)));
  CHECK(scores[1].precision() == Approx(0.5));
  CHECK(scores[1].recall() == Approx(1.0 / 3));
}

TEST_CASE("A class that nothing is of, and nothing was taken for, scores 0") {
  const ClassScores scores = ScoresOf(Confusion(2))[1];
  CHECK(scores.precision() == 0);
  CHECK(scores.recall() == 0);
  CHECK(scores.f1() == 0);
}

TEST_CASE("A matrix is made again of its counts") {
  Confusion confusion(2);
  confusion.Add(1, 0);
  const Confusion again(confusion.counts());
  CHECK(again.classes() == 2);
  CHECK(again.count(1, 0) == 1);
  CHECK(again.count(0, 1) == 0);
}

}  // namespace
}  // namespace mlp
