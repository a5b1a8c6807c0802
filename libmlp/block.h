// A block of rows on its way through a model, forward and back, in the precision of the parameters.
//
// Matrices have a column for each row of the block: a vector of the processor holds one unit's
// values of neighbouring rows, and all its lanes are of use whatever the sizes of the layers. The
// weights are used as they lie in the flat buffer of model_spec.h. An element is one chain of fused
// multiply-adds, so the bits do not depend on how rows are cut into blocks.
//
// All buffers are allocated by the constructors. One thread at a time for each object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>
#include <xsimd/xsimd.hpp>
#include <xtensor/xtensor.hpp>

#include "libmlp/kernels.h"
#include "libmlp/model_spec.h"
#include "libmlp/parameters.h"

namespace mlp {

// Rows of a block whose values fit into the cache, at least 16 and at most 256.
std::size_t DefaultBlockRows(const ModelSpec& spec);

// A stride for so many columns, padded. Rows a power of two apart would share few lines of the
// first-level cache.
template <class T>
constexpr std::size_t Stride(std::size_t columns) {
  const std::size_t lines = Padded<T>(columns) / kAlignedValues<T>;
  return (lines % 8 == 0 ? lines + 1 : lines) * kAlignedValues<T>;
}

// At the beginning of a line of the cache.
template <class T>
using AlignedMatrix =
    xt::xtensor<T, 2, xt::layout_type::row_major, xsimd::aligned_allocator<T, 64>>;
template <class T>
using AlignedVector =
    xt::xtensor<T, 1, xt::layout_type::row_major, xsimd::aligned_allocator<T, 64>>;

// Features of the rows of a block, [1 X]^T (1 + features, rows), columns are padded.
template <class T>
struct BlockInput {
  PaddedMatrix<const T> columns;
  std::size_t rows;
};

// Values that an input of so many rows has in memory.
template <class T>
std::size_t BlockInputSize(std::size_t features, std::size_t most_rows);
// Writes an input of features[first .. first + rows), at most `most_rows` of them, to `memory`.
template <class T>
BlockInput<T> LoadBlockInput(const Matrix<double>& features, std::size_t first, std::size_t rows,
                             std::size_t most_rows, T* memory);

template <class T>
class Block {
 public:
  enum class Purpose : std::uint8_t { kForward, kForwardAndBackward };

  // `spec` must have passed CheckModelSpec.
  Block(const ModelSpec& spec, std::size_t most_rows, Purpose purpose, InstructionSet set);

  // Forward pass of the rows of `input`, which the other functions speak of; with `weights`
  // (parameters).
  void Forward(const BlockInput<T>& input, const T* weights);
  std::size_t rows() const { return rows_; }
  // Y of one row and class.
  T Probability(std::size_t row, std::size_t label) const { return outputs_.back()(label, row); }
  // Takes log(probability of the label + 1e-6) for each row. `labels` are the block's.
  void TakeLogLikelihood(const std::int32_t* labels);
  // loss -= what was taken, row by row.
  void SubtractLogLikelihood(double& loss) const;
  // Rows whose most probable class, the first of equals, is not the label.
  std::size_t WrongRows(const std::int32_t* labels);

  // Backward pass: D of each layer. Consumes the probabilities. Same weights as Forward.
  void Backward(const std::int32_t* labels, const T* weights);
  // Rows first .. end - 1 of the gradient of the loss by the weights of `layer`, [1 Z]^T D: becomes
  // them, or is added to `gradient` (1 + inputs, outputs).
  void Gradient(const BlockInput<T>& input, std::size_t layer, std::size_t first, std::size_t end,
                bool add, AlignedMatrix<T>& gradient) const;

 private:
  std::size_t inputs(std::size_t layer) const { return spec_.layer_sizes[layer]; }
  std::size_t outputs(std::size_t layer) const { return spec_.layer_sizes[layer + 1]; }

  ModelSpec spec_;
  const Kernels<T>& kernels_;
  std::size_t rows_ = 0;
  // By layer. Columns are padded, and so are the rows of `outputs_`.
  std::vector<AlignedMatrix<T>> inputs_;   // (1 + inputs, rows), [1 Z]^T; that of layer 0 is empty
  std::vector<AlignedMatrix<T>> outputs_;  // (outputs, rows): Y^T in the last layer, then D^T
  std::vector<AlignedMatrix<T>> transposed_;  // (rows, outputs): D
  AlignedVector<T> log_likelihood_;           // (rows)
  AlignedVector<T> greatest_;                 // (rows), classes
};

extern template class Block<float>;
extern template class Block<double>;

}  // namespace mlp
