// letters_bits DATASET ROUNDS SHARDS PRECISION SET THREADS: trains the reference job on the first
// shards of letters and writes the bytes of the parameters to standard output. On so many threads,
// although the model is a small one. Exit code 77 where the machine lacks the instruction set.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "libmlp/dataset.h"
#include "libmlp/network.h"
#include "libmlp/parameters.h"

namespace mlp {
namespace {

constexpr TrainingOptions kOptions = {.epochs = 10, .learning_rate = 1e-4, .tolerance = 0.2};

template <class T>
Vector<T> Gradient(const ModelSpec& spec, const Vector<T>& start, const Shard& shard,
                   const NetworkOptions& options) {
  Network<T> network(spec, start, shard, options);
  network.Descend(kOptions, {}).value();
  return network.parameters() - start;
}

Parameters TrainRounds(const ModelSpec& spec, Precision precision, int rounds,
                       const std::vector<Shard>& shards, const NetworkOptions& options) {
  Parameters parameters = InitialParameters(spec, precision, Initialization::kReference, 1);
  for (int round = 0; round < rounds; ++round) {
    Parameters sum = ZeroParameters(precision, ParameterCount(spec));
    for (const Shard& shard : shards) {
      std::visit(
          [&](const auto& start) { Add(sum, Parameters(Gradient(spec, start, shard, options))); },
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
                  Shards(argv[1], std::atoi(argv[3])),
                  {.threads = static_cast<std::size_t>(std::atoi(argv[6])), .set = *set});
  const auto bytes = BytesOf(parameters);
  return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() ? 0 : 1;
}

}  // namespace
}  // namespace mlp

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: letters_bits DATASET ROUNDS SHARDS PRECISION SET THREADS\n");
    return 2;
  }
  return mlp::Main(argv);
}
