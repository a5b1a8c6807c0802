// Compares training by batches with scikit-learn's.
#include <catch2/catch.hpp>

#include "libmlp/data/shard.h"
#include "libmlp/model/initialization.h"
#include "libmlp/train/training.h"
#include "test/libmlp/scikit_learn/loss_curves.h"

namespace mlp::testing {
namespace {

TEST_CASE("Every epoch has scikit-learn's loss, by sgd, momentum and adam, to 1e-6") {
  const std::vector<LossCurve> curves = LossCurves();
  REQUIRE(curves.size() == 8);
  for (const LossCurve& one : curves) {
    REQUIRE(one.losses.size() == 20);
    const Shard shard = LossCurveRows(one.spec.regression());
    const Parameters start =
        InitialParameters(one.spec, Precision::kFloat64, Initialization::kGlorotUniform, 5);
    for (std::size_t epochs = 1; epochs <= one.losses.size(); ++epochs) {
      TrainingOptions options = one.options;
      options.epochs = static_cast<int>(epochs);
      const auto trained = Train(one.spec, start, shard, options);
      REQUIRE(trained.ok());
      INFO(SolverName(options.solver)
           << " with " << ActivationName(one.spec.activation)
           << (one.spec.regression() ? ", regression" : "") << ", epoch " << epochs);
      CHECK(trained->training.loss / 300 == Approx(one.losses[epochs - 1]).epsilon(0).margin(1e-6));
    }
  }
}

}  // namespace
}  // namespace mlp::testing
