// One model at work on one block of rows after another, in the precision of its parameters.
//
// The bits of all results are independent of where blocks begin and end, as long as the blocks of a
// pass are taken in order. All buffers are allocated by the constructor. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libmlp/kernels.h"
#include "libmlp/model_spec.h"
#include "libmlp/parameters.h"

namespace mlp {

// Rows of a block whose values fit into the cache, at least 4 and at most 64.
std::size_t DefaultBlockRows(const ModelSpec& spec);

template <class T>
class Network {
 public:
  // `parameters` (parameters); `spec` must have passed CheckModelSpec.
  Network(const ModelSpec& spec, const Vector<T>& parameters, std::size_t block_rows,
          InstructionSet set = ChosenInstructionSet());

  std::size_t block_rows() const { return block_rows_; }

  // Forward pass of features[first .. first + rows), at most block_rows() of them. The other
  // functions on rows speak of these.
  void Forward(const Matrix<double>& features, std::size_t first, std::size_t rows);
  // Y of one row of the block (classes).
  const T* Probabilities(std::size_t row) const;
  // loss -= log(probability of the label + 1e-6) for each row. `labels` are the block's.
  void SubtractLogLikelihood(const std::int32_t* labels, double& loss);
  // Rows whose most probable class, the first of equals, is not the label.
  std::size_t WrongRows(const std::int32_t* labels) const;
  // Adds the block's gradient of the loss to that of the blocks before. Consumes the probabilities.
  void Backward(const std::int32_t* labels);
  // weights -= learning_rate * gradient; forgets the gradient.
  void Step(T learning_rate);

  // (parameters)
  Vector<T> parameters() const;

 private:
  struct Layer {
    Layer(std::size_t inputs, std::size_t outputs, std::size_t block_rows, const T* parameters);
    void Transpose();

    std::size_t inputs;
    std::size_t outputs;
    // Columns are padded.
    Matrix<T> weights;     // (1 + inputs, outputs), row 0 the bias
    Matrix<T> transposed;  // (outputs, inputs), weights[1:]^T
    Matrix<T> gradient;    // as weights
    Matrix<T> input;       // (block rows, 1 + inputs), [1 Z]
    Matrix<T> output;      // (block rows, outputs): A, in the last layer Y, then D
  };

  void Activate(const Layer& from, Layer& to);
  void PropagateBack(const Layer& from, Layer& to);

  const Kernels<T>& kernels_;
  std::size_t block_rows_;
  std::size_t rows_ = 0;  // in the current block
  Activation activation_;
  std::vector<Layer> layers_;
  Vector<T> picked_;  // (block rows padded), one probability of each row
};

extern template class Network<float>;
extern template class Network<double>;

}  // namespace mlp
