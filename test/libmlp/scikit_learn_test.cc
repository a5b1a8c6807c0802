// Training by batches against scikit-learn's: scikit_learn/make_loss_curves.py wrote its losses.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>
#include <xtensor/xview.hpp>

#include "libmlp/training.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

struct Case {
  ModelSpec spec;
  TrainingOptions options;
  std::vector<double> losses;  // of a row, after each epoch
};

std::vector<std::size_t> LayerSizes(const std::string& hidden, bool regression) {
  std::vector<std::size_t> sizes = {16};
  std::istringstream text(hidden);
  for (std::string size; std::getline(text, size, ',');) sizes.push_back(std::stoul(size));
  sizes.push_back(regression ? 1 : 26);
  return sizes;
}

Case ParseCase(const std::string& line) {
  std::istringstream text(line);
  std::string solver, activation, hidden, kind, colon;
  Case result;
  TrainingOptions& options = result.options;
  text >> solver >> options.batches.momentum >> options.batches.nesterov >> activation >> hidden >>
      options.batches.alpha >> options.batches.batch_size >> options.learning_rate >> kind >> colon;
  options.solver = solver == "adam" ? Solver::kAdam : Solver::kSgd;
  options.batches.shuffle = false;
  const bool regression = kind == "regression";
  result.spec = {LayerSizes(hidden, regression), ParseActivation(activation).value(),
                 regression ? Output::kIdentity : Output::kSoftmax};
  for (double loss = 0; text >> loss;) result.losses.push_back(loss);
  return result;
}

std::vector<Case> Cases() {
  std::ifstream file(MLP_SOURCE_DIR "/test/libmlp/scikit_learn/loss_curves.txt");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) cases.push_back(ParseCase(line));
  }
  return cases;
}

// The rows that the script takes.
Shard Rows(bool regression) {
  const Shard letters = LettersFile("train_letters1.txt");
  Shard shard;
  shard.features = (xt::view(letters.features, xt::range(0, 300)) - 8) / 4;
  shard.labels = xt::view(letters.labels, xt::range(0, 300));
  if (regression) {
    shard.targets = xt::cast<double>(shard.labels) / 8 - 1;
    shard.labels = xt::xtensor<std::int32_t, 1>::from_shape({0});
  }
  return shard;
}

TEST_CASE("Every epoch has scikit-learn's loss, by sgd, momentum and adam, to 1e-6") {
  const std::vector<Case> cases = Cases();
  REQUIRE(cases.size() == 8);
  for (const Case& one : cases) {
    REQUIRE(one.losses.size() == 20);
    const Shard shard = Rows(one.spec.regression());
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
