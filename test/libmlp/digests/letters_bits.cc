// letters_bits DATASET ROUNDS SHARDS PRECISION SET THREADS SOLVER: trains on the first shards of
// letters and writes the bytes of the parameters to standard output; with solver descent the
// reference job, with the others batches with every option. It uses so many threads, although the
// model is a small one. Exit code 77 if the machine lacks the instruction set.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "libmlp/data/dataset_files.h"
#include "libmlp/data/shard.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/model/initialization.h"
#include "libmlp/model/parameters.h"
#include "libmlp/train/batches.h"
#include "libmlp/train/network.h"
#include "libmlp/train/training_options.h"

namespace mlp {
namespace {

TrainingOptions OptionsFor(Solver solver) {
  if (!TrainsBatches(solver)) return {.epochs = 10, .learning_rate = 1e-4, .tolerance = 0.2};
  TrainingOptions options{.epochs = 2, .learning_rate = 0.01};
  options.solver = solver;
  options.batches.batch_size = 150;  // more than a block
  options.batches.alpha = 0.01;
  options.batches.dropout = 0.25;
  options.batches.clip_norm = 0.5;
  options.batches.label_smoothing = 0.1;
  for (int label = 0; label < 26; ++label) options.batches.class_weights.push_back(1 + 0.1 * label);
  return options;
}

template <class T>
Vector<T> Gradient(const ModelSpec& spec, const Vector<T>& start, const Shard& shard,
                   const TrainingOptions& training, NetworkOptions options) {
  const bool batches = TrainsBatches(training.solver);
  if (batches) options.batch_rows = static_cast<std::size_t>(training.batches.batch_size);
  Network<T> network(spec, start, shard, options);
  if (batches) {
    TrainBatches(network, spec, shard, training, {}).value();
  } else {
    network.Descend(training, {}).value();
  }
  Vector<T> change = network.parameters();
  for (std::size_t i = 0; i < change.size(); ++i) change[i] -= start[i];
  return change;
}

Parameters TrainRounds(const ModelSpec& spec, Precision precision, int rounds,
                       const std::vector<Shard>& shards, TrainingOptions training,
                       const NetworkOptions& options) {
  Parameters parameters = InitialParameters(spec, precision, Initialization::kReference, 1);
  for (int round = 0; round < rounds; ++round) {
    Parameters sum = ZeroParameters(precision, ParameterCount(spec));
    for (std::size_t i = 0; i < shards.size(); ++i) {
      training.key = {.seed = 1, .round = round + 1, .shard = static_cast<int>(i)};
      std::visit(
          [&](const auto& start) {
            Add(sum, Parameters(Gradient(spec, start, shards[i], training, options)));
          },
          parameters);
    }
    AddAverage(parameters, sum, shards.size());
  }
  return parameters;
}

std::vector<Shard> Shards(const std::string& dataset, int count) {
  std::vector<Shard> shards;
  for (int i = 1; i <= count; ++i) {
    const std::string file = dataset + "/train_letters" + std::to_string(i) + ".txt";
    shards.push_back(ParseShard(ReadFile(file).value(), file).value());
  }
  return shards;
}

int Main(char** argv) {
  const auto sets = AvailableInstructionSets();
  const auto set = std::ranges::find(sets, std::string_view(argv[5]), InstructionSetName);
  if (set == sets.end()) return 77;
  const ModelSpec spec{{16, 20, 26}, Activation::kUnrectifiedRelu};
  const Parameters parameters =
      TrainRounds(spec, ParsePrecision(argv[4]).value(), std::atoi(argv[2]),
                  Shards(argv[1], std::atoi(argv[3])), OptionsFor(ParseSolver(argv[7]).value()),
                  {.threads = static_cast<std::size_t>(std::atoi(argv[6])), .set = *set});
  const auto bytes = BytesOf(parameters);
  return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() ? 0 : 1;
}

}  // namespace
}  // namespace mlp

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr,
                 "usage: letters_bits DATASET ROUNDS SHARDS PRECISION SET THREADS SOLVER\n");
    return 2;
  }
  return mlp::Main(argv);
}
