#include "libmlp/train/training_memory.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "libmlp/kernels/aligned.h"
#include "libmlp/train/block.h"
#include "libmlp/train/network.h"

namespace mlp {
namespace {

// Values of the buffers of a Block of so many rows (block.cc).
template <class T>
std::uint64_t BlockValues(const ModelSpec& spec, const std::vector<Lanes>& lanes,
                          std::uint64_t rows, bool dropout) {
  const std::uint64_t stride = Stride<T>(rows), padded_rows = Padded<T>(rows);
  std::uint64_t values = 0;
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    const std::size_t inputs = spec.layer_sizes[l], outputs = spec.layer_sizes[l + 1];
    const bool across_inputs = lanes[l] == Lanes::kInputs;
    const bool hidden = l + 1 < spec.layers();
    if (l > 0) values += (1 + Padded<T>(inputs)) * stride;
    values += Padded<T>(outputs) * stride;
    if (l > 0 || !across_inputs)
      values += padded_rows * Stride<T>(across_inputs ? inputs : outputs);
    if (dropout && hidden) values += 2 * outputs * stride;
  }
  return values;
}

// Values of the gradients of the layers (network.cc).
template <class T>
std::uint64_t GradientValues(const ModelSpec& spec, const std::vector<Lanes>& lanes) {
  std::uint64_t values = 0;
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    const std::size_t inputs = spec.layer_sizes[l], outputs = spec.layer_sizes[l + 1];
    const bool across_inputs = lanes[l] == Lanes::kInputs;
    values += (1 + (across_inputs ? Padded<T>(inputs) : inputs)) * Stride<T>(outputs);
    if (across_inputs) values += Padded<T>(outputs) * Stride<T>(inputs);
    values += outputs * kAlignedValues<T>;
  }
  return values;
}

// Buffers as large as the parameters, beside the weights (batches.cc, optimizer.cc).
std::uint64_t Buffers(const TrainingOptions& options) {
  if (!TrainsBatches(options.solver)) return 0;
  return options.solver == Solver::kAdam ? 3 : 2;
}

template <class T>
std::uint64_t TrainingValues(const ModelSpec& spec, const TrainingOptions& options,
                             std::uint64_t rows, std::uint64_t threads) {
  const bool batches = TrainsBatches(options.solver);
  const auto batch = static_cast<std::uint64_t>(std::max(1, options.batches.batch_size));
  const std::uint64_t worked_on = batches ? std::min(batch, rows) : rows;
  const std::uint64_t block_rows = DefaultBlockRows(spec);
  const std::uint64_t blocks = (worked_on + block_rows - 1) / block_rows;
  const std::uint64_t members =
      ThreadsPay(spec) ? std::clamp<std::uint64_t>(threads, 1, blocks) : 1;
  const std::vector<Lanes> lanes = FastestLanes<T>(spec, worked_on);
  const bool by_row = lanes[0] == Lanes::kInputs;
  const std::uint64_t inputs =
      blocks * (1 + spec.features()) * Stride<T>(block_rows) +
      (by_row ? blocks : 1) * Padded<T>(block_rows) * Stride<T>(spec.features());
  return (1 + Buffers(options)) * ParameterCount(spec) + GradientValues<T>(spec, lanes) + inputs +
         members * BlockValues<T>(spec, lanes, block_rows, batches && options.batches.dropout > 0);
}

}  // namespace

std::uint64_t TrainingBytes(const ModelSpec& spec, Precision precision,
                            const TrainingOptions& options, std::uint64_t rows, int threads) {
  const auto most_rows = std::max<std::uint64_t>(rows, 1);
  const auto most_threads = static_cast<std::uint64_t>(std::max(threads, 1));
  const std::uint64_t values = precision == Precision::kFloat32
                                   ? TrainingValues<float>(spec, options, most_rows, most_threads)
                                   : TrainingValues<double>(spec, options, most_rows, most_threads);
  return values * ElementBytes(precision);
}

std::uint64_t ParameterBytes(const ModelSpec& spec, Precision precision) {
  return std::uint64_t{ParameterCount(spec)} * ElementBytes(precision);
}

std::uint64_t ShardBytes(std::uint64_t rows, std::uint64_t features) {
  return rows * (features + 1) * sizeof(double);
}

}  // namespace mlp
