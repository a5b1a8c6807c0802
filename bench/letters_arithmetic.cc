// The arithmetic of the reference system's job on letters alone, on one thread: the work of a
// cluster of one node, without a cluster. Prints one JSON object; only the work is timed.
//
//   letters_arithmetic [float64|float32] [DIRECTORY]
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "libmlp/data/dataset_files.h"
#include "libmlp/data/shard.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/model/initialization.h"
#include "libmlp/train/training.h"
#include "services/base/sha256.h"

namespace mlp {
namespace {

constexpr int kRounds = 30;
constexpr TrainingOptions kOptions{.epochs = 10, .learning_rate = 1e-4, .tolerance = 0.2};

struct Data {
  std::vector<Shard> shards;
  Shard validation;
};

absl::StatusOr<Shard> ReadShard(const std::filesystem::path& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  return ParseShard(*text, path.filename().string());
}

absl::StatusOr<Data> ReadData(const std::filesystem::path& directory) {
  const absl::StatusOr<DatasetFiles> files = ListDatasetFiles(directory);
  if (!files.ok()) return files.status();
  Data data;
  for (const std::string& name : files->train) {
    absl::StatusOr<Shard> shard = ReadShard(directory / name);
    if (!shard.ok()) return shard.status();
    data.shards.push_back(*std::move(shard));
  }
  absl::StatusOr<Shard> validation = ReadShard(directory / files->validation);
  if (!validation.ok()) return validation.status();
  data.validation = *std::move(validation);
  return data;
}

// Trains every shard from `parameters`, adds the average of the gradients to them and measures.
absl::StatusOr<Evaluation> RunRound(const ModelSpec& spec, const Data& data,
                                    Parameters& parameters) {
  Parameters sum = ZeroParameters(PrecisionOf(parameters), SizeOf(parameters));
  for (const Shard& shard : data.shards) {
    const absl::StatusOr<TrainingResult> result = Train(spec, parameters, shard, kOptions);
    if (!result.ok()) return result.status();
    Add(sum, result->gradient);
  }
  AddAverage(parameters, sum, data.shards.size());
  return Evaluate(spec, parameters, data.validation);
}

absl::Status Run(Precision precision, const std::filesystem::path& directory) {
  const absl::StatusOr<Data> data = ReadData(directory);
  if (!data.ok()) return data.status();
  const ModelSpec spec{{data->validation.feature_count(), 20, data->validation.class_count()},
                       Activation::kUnrectifiedRelu};
  Parameters parameters = InitialParameters(spec, precision, Initialization::kReference, 1);
  Parameters warm = parameters;
  absl::StatusOr<Evaluation> validation = RunRound(spec, *data, warm);  // the peers warm up, too

  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < kRounds && validation.ok(); ++round) {
    validation = RunRound(spec, *data, parameters);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (!validation.ok()) return validation.status();
  std::cout << absl::StreamFormat(
      R"({"seconds": %.6f, "validation_error": %.10f, "digest": "%s", "instruction_set": "%s"})",
      took.count(), validation->error(), Hex(Sha256(BytesOf(parameters))),
      std::string(InstructionSetName(ChosenInstructionSet())));
  std::cout << std::endl;
  return absl::OkStatus();
}

}  // namespace
}  // namespace mlp

int main(int argc, char** argv) {
  const auto precision = mlp::ParsePrecision(argc > 1 ? argv[1] : "float64");
  const absl::Status done = precision.ok()
                                ? mlp::Run(*precision, argc > 2 ? argv[2] : "datasets/letters")
                                : precision.status();
  if (done.ok()) return 0;
  std::cerr << "letters_arithmetic: " << done << "\n";
  return 1;
}
