// Predictions as CSV: a header, then for each row the most probable class and the probability of
// each, or the number that is predicted. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "libmlp/data/matrix.h"

namespace mlp::model {
struct SavedModel;
}  // namespace mlp::model

namespace mlp::cli {

class PredictionText {
 public:
  // `model` must outlive it.
  PredictionText(const model::SavedModel& model, bool labels_only);

  // "species,setosa,versicolor": the name of the label's column, and the classes. If the model has
  // no name for the column, it is "label", or "prediction" for numbers.
  std::string Header() const;
  // Appends a line for each row of outputs (rows, classes). Probabilities are rounded to nine
  // decimals, those below 0.00001 to float32; a number that is predicted is as short as it can be
  // without loss.
  void Append(const Matrix<double>& outputs, std::string& text) const;

 private:
  const model::SavedModel& model_;
  const bool labels_only_;
  std::vector<std::string> classes_;  // as cells; empty in regression
};

// `text` as a cell of CSV, in quotes if it needs them.
std::string CsvCellText(const std::string& text);

}  // namespace mlp::cli
