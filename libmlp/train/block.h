// A block of rows on its way through a model, forward and back, in the precision of the parameters.
//
// Matrices have a column for each row of the block: a vector of the processor holds one unit's
// values of neighbouring rows, and all its lanes are of use whatever the sizes of the layers. The
// weights are used as they lie in the flat buffer of model_spec.h. An element is one chain of fused
// multiply-adds, or a sum for each lane (AddBiasGradient), so the bits do not depend on how rows
// are cut into blocks, as long as all but the last have a multiple of kAlignedValues.
//
// Buffers are allocated by the constructors, those of dropout by the first pass that has it. One
// thread at a time for each object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libmlp/kernels/aligned.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/kernels/loss_sum.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/train/block_inputs.h"

namespace mlp {

// Rows of a block whose values fit into the cache, at least 16 and at most 256.
std::size_t DefaultBlockRows(const ModelSpec& spec);

// The one of a layer's two sizes that lies across the lanes while its gradient is summed. The bits
// are the same with both.
enum class Lanes : std::uint8_t { kInputs, kOutputs };

// The lanes that take the least time for the sum over so many rows, by layer.
template <class T>
std::vector<Lanes> FastestLanes(const ModelSpec& spec, std::size_t rows);

// The desired outputs for the rows of a block.
struct Targets {
  const std::int32_t* labels = nullptr;  // (rows); nullptr in regression
  const double* targets = nullptr;       // (rows) in regression
};

// The loss of a row, and the weights that shape its gradient.
template <class T>
struct Objective {
  // The loss of a row is -log(max(probability of its label + offset, least)). The default is the
  // reference system's.
  T offset = T(1e-6), least = 0;
  // The label counts for 1 - smoothing, and every class for smoothing / classes more (Szegedy et
  // al., 2016), in the gradient alone.
  T smoothing = 0;
  // (classes), the weight of a row of each class. Empty: all 1.
  std::vector<T> class_weights;
};

// The choice of hidden units that each row leaves out of a pass (Srivastava et al., 2014).
struct Dropout {
  double share = 0;       // of units left out, 0 to 1; the others are scaled to make up
  std::uint64_t key = 0;  // of the draws
  const std::uint32_t* rows = nullptr;  // numbers of the block's rows: part of the key
};

template <class T>
class Block {
 public:
  // `spec` must have passed CheckModelSpec. `lanes` says by layer how Gradient sums; without them
  // there are only forward passes.
  Block(const ModelSpec& spec, std::size_t most_rows, InstructionSet set,
        std::vector<Lanes> lanes = {});

  // Passes the rows of `input` forward with `weights` (parameters). The other functions refer to
  // these rows. `dropout` is for passes that Backward follows.
  void Forward(const BlockInput<T>& input, const T* weights, const Dropout& dropout = {});
  std::size_t rows() const { return rows_; }
  // Y of one row and class; in regression class 0 has the number that is predicted.
  T Probability(std::size_t row, std::size_t label) const { return outputs_.back()(label, row); }
  // Takes the logarithm of each row's likelihood: log(probability of the label), as `objective`
  // says; in regression -(prediction - target)^2 / 2.
  void AddLogLikelihood(const Targets& targets, const Objective<T>& objective);
  // Subtracts the logarithms that AddLogLikelihood took.
  void SubtractLogLikelihood(LossSum& loss) const { loss.Subtract(log_likelihood_.data(), rows_); }
  // Rows whose most probable class, the first of equals, is not the label; 0 in regression.
  std::size_t WrongRows(const Targets& targets);

  // Backward pass: D of each layer. Consumes the probabilities. Same weights and dropout as
  // Forward.
  void Backward(const Targets& targets, const Objective<T>& objective, const T* weights);
  // The gradient of the loss by the weights of `layer`, without the biases: Z^T D (inputs,
  // outputs), with Lanes::kInputs D^T Z (outputs, inputs). Rows first .. end - 1 become those of
  // `gradient` or are added to them; with Lanes::kOutputs, a row for the biases lies before them in
  // `gradient`. With Lanes::kInputs in layer 0 the input must have its `by_row`.
  void Gradient(const BlockInput<T>& input, std::size_t layer, std::size_t first, std::size_t end,
                bool add, AlignedMatrix<T>& gradient) const;
  // The gradient by the biases, added to `sums` (outputs, kAlignedValues): row i of the block to
  // column i mod kAlignedValues.
  void AddBiasGradient(std::size_t layer, AlignedMatrix<T>& sums) const;

 private:
  std::size_t inputs(std::size_t layer) const { return spec_.layer_sizes[layer]; }
  std::size_t outputs(std::size_t layer) const { return spec_.layer_sizes[layer + 1]; }
  void ApplyDropout(std::size_t layer, const Dropout& dropout);
  void SubtractTargets(const Targets& targets, const Objective<T>& objective);

  ModelSpec spec_;
  const Kernels<T>& kernels_;
  std::size_t rows_ = 0;
  std::vector<Lanes> lanes_;
  // One for each layer. Columns are padded, and so are rows if they are transposed.
  std::vector<AlignedMatrix<T>> inputs_;   // (1 + inputs, rows), [1 Z]^T; that of layer 0 is empty
  std::vector<AlignedMatrix<T>> outputs_;  // (outputs, rows): Y^T in the last layer, then D^T
  // D (rows, outputs), or with Lanes::kInputs Z (rows, inputs); empty in layer 0 then.
  std::vector<AlignedMatrix<T>> transposed_;
  // The masks of dropout, by layer (outputs, rows): 0 for a unit that was left out, else the factor
  // that makes up for those; and the values of the units before.
  bool dropped_ = false;
  std::vector<AlignedMatrix<T>> masks_;
  std::vector<AlignedMatrix<T>> unmasked_;
  AlignedVector<T> log_likelihood_;  // (rows)
  AlignedVector<T> greatest_;        // (rows), classes
};

extern template class Block<float>;
extern template class Block<double>;

}  // namespace mlp
