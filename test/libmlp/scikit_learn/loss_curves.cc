#include "test/libmlp/scikit_learn/loss_curves.h"

#include <fstream>
#include <sstream>
#include <string>
#include <xtensor/xview.hpp>

#include "libmlp/data/shard.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

std::vector<std::size_t> LayerSizes(const std::string& hidden, bool regression) {
  std::vector<std::size_t> sizes = {16};
  std::istringstream text(hidden);
  for (std::string size; std::getline(text, size, ',');) sizes.push_back(std::stoul(size));
  sizes.push_back(regression ? 1 : 26);
  return sizes;
}

LossCurve ParseCurve(const std::string& line) {
  std::istringstream text(line);
  std::string solver, activation, hidden, kind, colon;
  LossCurve result;
  TrainingOptions& options = result.options;
  text >> solver >> options.batches.momentum >> options.batches.nesterov >> activation >> hidden >>
      options.batches.alpha >> options.batches.batch_size >> options.learning_rate >> kind >> colon;
  options.solver = ParseSolver(solver).value();
  options.batches.shuffle = false;
  const bool regression = kind == "regression";
  result.spec = {LayerSizes(hidden, regression), ParseActivation(activation).value(),
                 regression ? Output::kIdentity : Output::kSoftmax};
  for (double loss = 0; text >> loss;) result.losses.push_back(loss);
  return result;
}

}  // namespace

std::vector<LossCurve> LossCurves() {
  std::ifstream file(MLP_SOURCE_DIR "/test/libmlp/scikit_learn/loss_curves.txt");
  std::vector<LossCurve> curves;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) curves.push_back(ParseCurve(line));
  }
  return curves;
}

Shard LossCurveRows(bool regression) {
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

}  // namespace mlp::testing
