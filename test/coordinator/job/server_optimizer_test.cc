#include "services/coordinator/job/server_optimizer.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <xtensor/xbuilder.hpp>

#include "libmlp/model/parameters.h"

namespace mlp::coordinator {
namespace {

const Parameters kAverage = Vector<double>{2, -4};

// The parameters after two rounds with that average, from zero.
Vector<double> AfterTwoRounds(const ServerOptions& options) {
  Parameters parameters = ZeroParameters(Precision::kFloat64, 2);
  Parameters memory = ZeroParameters(Precision::kFloat64, 2 * ServerMemory(options));
  ServerStep(options, kAverage, memory, parameters);
  ServerStep(options, kAverage, memory, parameters);
  return std::get<Vector<double>>(parameters);
}

TEST_CASE("An average is added as it is and nothing is remembered") {
  CHECK((AfterTwoRounds({}) == Vector<double>{4, -8}));
  CHECK(ServerMemory({}) == 0);
}

TEST_CASE("Server momentum adds what is left of earlier rounds' averages") {
  const ServerOptions options{
      .kind = ServerOptions::Kind::kMomentum, .learning_rate = 0.5, .momentum = 0.75};
  // v = a, then 1.75 a; 0.5 (1 + 1.75) a.
  CHECK((AfterTwoRounds(options) == Vector<double>{2.75, -5.5}));
  CHECK(ServerMemory(options) == 1);
}

TEST_CASE("Server Adam divides the mean average by the root of its mean square") {
  const ServerOptions options{.kind = ServerOptions::Kind::kAdam,
                              .learning_rate = 0.1,
                              .beta_1 = 0.5,
                              .beta_2 = 0.75,
                              .epsilon = 0.01};
  // m = a / 2, then 3 a / 4; v = a^2 / 4, then 7 a^2 / 16.
  const auto expected = [](double a) {
    const double size = std::abs(a);
    return 0.1 * (a / 2 / (size / 2 + 0.01) + 0.75 * a / (std::sqrt(7.0) / 4 * size + 0.01));
  };
  const Vector<double> after = AfterTwoRounds(options);
  CHECK(after[0] == Approx(expected(2)));
  CHECK(after[1] == Approx(expected(-4)));
  CHECK(ServerMemory(options) == 2);
}

}  // namespace
}  // namespace mlp::coordinator
