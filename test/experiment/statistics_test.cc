#include "services/experiment/statistics.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "services/experiment/bounds.h"
#include "services/experiment/summary.h"

namespace mlp::experiment {
namespace {

using Catch::Contains;

TEST_CASE("Student's t is that of the tables") {
  CHECK(StudentT95(1) == Approx(12.7062).epsilon(1e-5));
  CHECK(StudentT95(2) == Approx(4.30265).epsilon(1e-5));
  CHECK(StudentT95(9) == Approx(2.26216).epsilon(1e-5));
  CHECK(StudentT95(19) == Approx(2.09302).epsilon(1e-5));
  CHECK(StudentT95(1000) == Approx(1.96234).epsilon(1e-5));
  CHECK(StudentT95(100'000) == Approx(1.95999).epsilon(1e-5));
}

TEST_CASE("an interval is the mean and t times its standard error") {
  const Estimate estimate = EstimateOf({2, 4, 4, 4, 5, 5, 7, 9});
  CHECK(estimate.count == 8);
  CHECK(estimate.mean == 5);
  CHECK(estimate.deviation == Approx(2.13809));
  CHECK(estimate.half_width == Approx(2.36462 * 2.13809 / std::sqrt(8)).epsilon(1e-5));
  CHECK(estimate.excludes_zero());
  CHECK_FALSE(EstimateOf({-1, 1, 0.5}).excludes_zero());
}

TEST_CASE("one run says nothing about the next one") {
  CHECK(std::isinf(EstimateOf({3}).half_width));
  CHECK_FALSE(EstimateOf({3}).excludes_zero());
  CHECK(EstimateOf({}).count == 0);
}

TEST_CASE("a difference is put into words, and so is that there is none") {
  CHECK(CompareInWords(EstimateOf({-2.3, -2.4, -2.35}), "pull", "random", "0.2 on all") ==
        "pull is 2.23 s to 2.47 s faster than random at load 0.2 on all.");
  CHECK_THAT(CompareInWords(EstimateOf({10, 12, 11}), "a", "b", "c"),
             Contains("a is 8.5 s to 13.5 s slower than b at load c."));
  CHECK_THAT(CompareInWords(EstimateOf({-3, 3, 1}), "a", "b", "c"),
             Contains("No difference is shown") && Contains("contains zero"));
  CHECK_THAT(CompareInWords(EstimateOf({-3}), "a", "b", "c"), Contains("Too few runs"));
}

TEST_CASE("lower bounds are those of the reference's setting") {
  Experiment experiment;
  experiment.shards = 11;
  const auto bounds = [&](std::vector<double> probabilities) {
    return BoundsOf(experiment, LoadCase{"", std::move(probabilities)});
  };
  CHECK(bounds({.2, .2, .2, .2})[0].seconds == Approx(30 * 3 * .005));
  CHECK(bounds({.2, .2, .2, .2})[1].seconds == Approx(50).epsilon(.01));
  CHECK(bounds({.8, .8, .8, .8})[1].seconds == Approx(198).epsilon(.01));
  CHECK(bounds({.2, .4, .6, .8})[1].seconds == Approx(96).epsilon(.01));
  CHECK(bounds({.2, .5, .9, .9})[1].seconds == Approx(108).epsilon(.01));
  const double held_up = 90 * (1 - std::pow(.8, 11));
  CHECK(bounds({.2, .5, .9, .9})[2].seconds == Approx(held_up).epsilon(.01));
  CHECK(bounds({.8, .8, .8, .8})[3].seconds == Approx(90).epsilon(.02));
  CHECK(bounds({.2, .5, .9, .9})[3].seconds == Approx(54).epsilon(.02));
  CHECK(bounds({0, .5, .9, .9})[2].seconds == bounds({0, 0, 0, 0})[0].seconds);
}

}  // namespace
}  // namespace mlp::experiment
