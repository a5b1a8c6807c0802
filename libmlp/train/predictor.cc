#include "libmlp/train/predictor.h"

#include <algorithm>
#include <variant>

#include "libmlp/model/parameters.h"
#include "libmlp/train/block.h"

namespace mlp {

class Predictor::Pass {
 public:
  virtual ~Pass() = default;
  virtual void Predict(const Matrix<double>& features, std::size_t rows,
                       Matrix<double>& outputs) = 0;
};

template <class T>
class Predictor::PassOf final : public Predictor::Pass {
 public:
  PassOf(const ModelSpec& spec, const Vector<T>& weights)
      : weights_(weights),
        block_rows_(DefaultBlockRows(spec)),
        inputs_(spec.features(), block_rows_, 1, BlockInputs<T>::ByRow::kDropped,
                ChosenInstructionSet()),
        block_(spec, block_rows_, ChosenInstructionSet()) {}

  void Predict(const Matrix<double>& features, std::size_t rows, Matrix<double>& outputs) override {
    const std::size_t classes = outputs.shape(1);
    for (std::size_t first = 0; first < rows; first += block_rows_) {
      const std::size_t count = std::min(block_rows_, rows - first);
      inputs_.Load(0, features, first, count);
      block_.Forward(inputs_[0], weights_.data());
      for (std::size_t i = 0; i < count; ++i) {
        double* const line = &outputs(first + i, 0);
        for (std::size_t k = 0; k < classes; ++k) line[k] = block_.Probability(i, k);
      }
    }
  }

 private:
  const Vector<T>& weights_;
  const std::size_t block_rows_;
  BlockInputs<T> inputs_;  // one block
  Block<T> block_;
};

Predictor::Predictor(const ModelSpec& spec, const Parameters& parameters)
    : pass_(std::visit(
          [&]<class T>(const Vector<T>& weights) -> std::unique_ptr<Pass> {
            return std::make_unique<PassOf<T>>(spec, weights);
          },
          parameters)) {}

Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;

void Predictor::Predict(const Matrix<double>& features, std::size_t rows, Matrix<double>& outputs) {
  pass_->Predict(features, rows, outputs);
}

Matrix<double> Probabilities(const ModelSpec& spec, const Parameters& parameters,
                             const Matrix<double>& features) {
  const std::size_t rows = features.shape(0);
  Matrix<double> outputs = Matrix<double>::from_shape({rows, spec.classes()});
  Predictor(spec, parameters).Predict(features, rows, outputs);
  return outputs;
}

std::size_t MostProbable(const Matrix<double>& probabilities, std::size_t row) {
  const double* const first = &probabilities(row, 0);
  return static_cast<std::size_t>(std::max_element(first, first + probabilities.shape(1)) - first);
}

}  // namespace mlp
