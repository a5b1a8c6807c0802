#include "services/coordinator/job/gradient_sizes.h"

#include <catch2/catch.hpp>

namespace mlp::coordinator {
namespace {

using Catch::Contains;

TEST_CASE("a node whose numbers are out of all proportion is named with them") {
  GradientSizes sizes;
  sizes.Add("a", 1, 0, 0.5);
  sizes.Add("evil", 1, 1, 1e300);
  sizes.Add("b", 1, 2, 0.75);
  sizes.Add("a", 2, 1, 1e280);  // what follows from it
  CHECK(sizes.Advice() ==
        "node evil sent numbers up to 1e+300 for shard 1 in round 1, other nodes at most 0.75: if "
        "that machine computes wrong, drain it and submit the job again; a smaller learning rate "
        "may help if not");
}

TEST_CASE("gradients that grow on every node, round by round, are blamed on the learning rate") {
  GradientSizes sizes;
  CHECK(sizes.Advice() == "a smaller learning rate may help");
  sizes.Add("a", 1, 0, 1);
  sizes.Add("b", 1, 1, 2);
  sizes.Add("a", 2, 0, 1e300);
  sizes.Add("b", 2, 1, 1e290);
  CHECK(
      sizes.Advice() ==
      "node a sent numbers up to 1e+300 for shard 0 in round 2; a smaller learning rate may help");
}

TEST_CASE("a node is compared neither with itself nor with other rounds") {
  GradientSizes sizes;
  sizes.Add("a", 1, 0, 1);
  sizes.Add("a", 1, 1, 1e300);
  sizes.Add("b", 2, 0, 1e-9);
  sizes.Add("b", 2, 1, 1e200);
  CHECK_THAT(sizes.Advice(), Contains("node b sent numbers up to 1e+200 for shard 1 in round 2; "));
}

TEST_CASE("rounds before the last two are forgotten") {
  GradientSizes sizes;
  sizes.Add("evil", 1, 0, 1e300);
  sizes.Add("a", 1, 1, 1);
  sizes.Add("a", 3, 0, 2);
  CHECK_THAT(sizes.Advice(), Contains("node a sent numbers up to 2 for shard 0 in round 3; "));
}

}  // namespace
}  // namespace mlp::coordinator
