// A model that learns the rows of one shard: all of them in each step, or a batch at a time.
//
// The bits of all results are independent of the size of blocks, the number of threads and the
// instruction set: rows are summed in one fixed order, whichever thread computes them. Beside
// the start and the shard it holds the parameters, their gradient once or twice, and the features
// once, or twice if inputs lie across the lanes of the first gradient. One thread at a time
// calls it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "absl/status/statusor.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/vector.h"
#include "libmlp/train/block.h"
#include "libmlp/train/evaluation.h"
#include "libmlp/train/team.h"
#include "libmlp/train/training_options.h"

namespace mlp {

struct Shard;

struct NetworkOptions {
  std::size_t block_rows = 0;  // a multiple of kAlignedValues; 0: DefaultBlockRows
  std::size_t threads = 1;     // no more than there are blocks
  std::size_t batch_rows = 0;  // the most that are worked on at a time; 0: all of them
  InstructionSet set = ChosenInstructionSet();
};

// Tells whether a block of rows is so much work that threads save more time than they spend on
// waiting for each other.
bool ThreadsPay(const ModelSpec& spec);

template <class T>
class Network {
 public:
  // `spec` must have passed CheckModelSpec, `shard` CheckShard; `shard` must outlive this.
  Network(const ModelSpec& spec, const Vector<T>& start, const Shard& shard,
          const NetworkOptions& options);

  std::size_t threads() const { return team_.size(); }

  // Steps by Solver::kDescent until the options say stop; returns the number of steps. Requires all
  // rows. Cancelled within one step after `stop`; OutOfRange if the loss becomes non-finite.
  absl::StatusOr<int> Descend(const TrainingOptions& options, const std::stop_token& stop);
  // weights -= learning_rate * gradient.
  void Step(T learning_rate);
  // Measures the current parameters. Requires all rows. Cancelled after `stop`.
  absl::StatusOr<Evaluation> Measure(const std::stop_token& stop);

  // Makes the rows of those numbers the ones that are worked on, at most `batch_rows`. Requires
  // batches. Call it before the first Differentiate.
  void LoadBatch(const std::uint32_t* numbers, std::size_t count);
  // Finds the sum of the gradients of the rows that are worked on. Adds their loss to `loss` and,
  // if `wrong` is given, the rows whose class is not the label to it. Cancelled after `stop`.
  absl::Status Differentiate(const Objective<T>& objective, const Dropout& dropout,
                             const std::stop_token& stop, double& loss,
                             std::size_t* wrong = nullptr);
  // gradient = (the sum + alpha * weights, without the biases) / rows that are worked on.
  void MeanGradient(T alpha, Vector<T>& gradient) const;

  // (parameters)
  Vector<T>& parameters() { return weights_; }

 private:
  // Calls each(a thread's block, index) for as many blocks at a time as there are threads, and
  // after each time together(first index, count). Cancelled after `stop`.
  template <class Each, class Together>
  absl::Status ForEachBlocks(const std::stop_token& stop, Each each, Together together);
  std::size_t BlocksOf(std::size_t rows) const { return (rows + block_rows_ - 1) / block_rows_; }
  // Loads the rows of those numbers or, if `numbers` is null, the first ones.
  void LoadInputs(const std::uint32_t* numbers, std::size_t count);
  Targets TargetsOf(std::size_t block) const;
  void AddGradients(std::size_t member, std::size_t first_block, std::size_t count);
  void FinishGradients(std::size_t member);

  ModelSpec spec_;
  const Shard& shard_;
  std::size_t block_rows_;
  Team team_;
  const Kernels<T>& kernels_;
  Vector<T> weights_;  // (parameters)
  // One for each layer. Columns are padded.
  std::vector<Lanes> lanes_;
  std::vector<AlignedMatrix<T>> gradients_;           // (1 + inputs, outputs)
  std::vector<AlignedMatrix<T>> sums_across_inputs_;  // (outputs, inputs), with Lanes::kInputs
  std::vector<AlignedMatrix<T>> bias_sums_;           // (outputs, kAlignedValues)
  BlockInputs<T> inputs_;                             // of the rows that are worked on
  std::size_t loaded_blocks_ = 0;                     // of `inputs_`
  // The rows of a batch; empty if all rows are worked on.
  std::vector<std::uint32_t> numbers_;
  std::vector<std::int32_t> labels_;
  std::vector<double> targets_;
  std::vector<Block<T>> blocks_;  // one for each thread
};

// The error of training whose step `epoch` led to non-finite numbers.
absl::Status Diverged(int epoch);

extern template class Network<float>;
extern template class Network<double>;

}  // namespace mlp
