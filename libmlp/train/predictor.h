// The predictions of a model for rows, in any number of blocks, with no copy of its parameters.
//
// The bits are those of training.h, however the rows are cut. One thread at a time for each object.
#pragma once

#include <cstddef>
#include <memory>

#include "libmlp/data/matrix.h"
#include "libmlp/model/model_spec.h"

namespace mlp {

class Parameters;

class Predictor {
 public:
  // `spec` must have passed CheckModelSpec, `parameters` be as many; they must outlive this.
  Predictor(const ModelSpec& spec, const Parameters& parameters);
  ~Predictor();
  Predictor(Predictor&&) noexcept;

  // Makes outputs[i] the model's output for features[i], for the first `rows` of both: the
  // probabilities of the classes, or the number that is predicted. features (>= rows, features),
  // outputs (>= rows, classes).
  void Predict(const Matrix<double>& features, std::size_t rows, Matrix<double>& outputs);

 private:
  class Pass;
  template <class T>
  class PassOf;
  std::unique_ptr<Pass> pass_;
};

// The model's outputs for all rows, (rows, classes).
Matrix<double> Probabilities(const ModelSpec& spec, const Parameters& parameters,
                             const Matrix<double>& features);

// The most probable class of that row, the first of equals.
std::size_t MostProbable(const Matrix<double>& probabilities, std::size_t row);

}  // namespace mlp
