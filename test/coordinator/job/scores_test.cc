// Tests of the time at which early stopping stops, and of the round that it takes.
#include <catch2/catch.hpp>
#include <vector>

#include "services/coordinator/job/job.h"

namespace mlp::coordinator {
namespace {

JobSpec SpecWith(int patience, double min_improvement) {
  JobSpec spec;
  spec.early_stopping = {patience, min_improvement};
  return spec;
}

// The scores after rounds with so many wrong rows of 100.
Scores After(const JobSpec& spec, const std::vector<std::size_t>& wrong_rows) {
  Scores scores;
  int round = 0;
  for (const std::size_t wrong : wrong_rows) {
    Note(scores, spec, ModelSpec{{2, 3}}, ++round, {.rows = 100, .wrong_rows = wrong});
  }
  return scores;
}

TEST_CASE("The best round is the first with the fewest wrong rows") {
  const Scores scores = After(JobSpec{}, {40, 30, 20, 25, 20});
  CHECK(scores.best_round == 3);
  CHECK(scores.best.wrong_rows == 20);
  CHECK(scores.exhausted_round == 0);  // nobody asked for early stopping
}

TEST_CASE("Patience is used up by so many rounds without a rise, and stays so") {
  CHECK(After(SpecWith(3, 0.001), {40, 30, 31, 30}).exhausted_round == 0);
  CHECK(After(SpecWith(3, 0.001), {40, 30, 31, 30, 32}).exhausted_round == 5);
  CHECK(After(SpecWith(3, 0.001), {40, 30, 31, 30, 32, 10}).exhausted_round == 5);
}

TEST_CASE("A rise that is too small is no improvement, but may be the best round") {
  const Scores scores = After(SpecWith(2, 0.05), {40, 38, 37});
  CHECK(scores.improved_round == 1);
  CHECK(scores.exhausted_round == 3);
  CHECK(scores.best_round == 3);
}

TEST_CASE("A score that stays where it is is no rise, whatever counts as one") {
  CHECK(After(SpecWith(2, 0), {40, 30, 30, 30}).exhausted_round == 4);
}

TEST_CASE("In regression the score is R squared") {
  const ModelSpec model{{2, 1}, Activation::kRelu, Output::kIdentity};
  Scores scores;
  Note(scores, JobSpec{}, model, 1, {.rows = 10, .loss = 5, .total_squares = 20});
  Note(scores, JobSpec{}, model, 2, {.rows = 10, .loss = 2, .total_squares = 20});
  Note(scores, JobSpec{}, model, 3, {.rows = 10, .loss = 3, .total_squares = 20});
  CHECK(scores.best_round == 2);
}

}  // namespace
}  // namespace mlp::coordinator
