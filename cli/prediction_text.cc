#include "cli/prediction_text.h"

#include <array>
#include <charconv>

#include "absl/strings/str_replace.h"
#include "libmlp/predictor.h"

namespace mlp::cli {
namespace {

void AppendNumber(double value, Precision precision, std::string& text) {
  std::array<char, 32> digits;
  char* const end = digits.data() + digits.size();
  const auto written = precision == Precision::kFloat32
                           ? std::to_chars(digits.data(), end, static_cast<float>(value))
                           : std::to_chars(digits.data(), end, value);
  text.append(digits.data(), written.ptr);
}

}  // namespace

std::string CsvCellText(const std::string& text) {
  const bool blank = !text.empty() && (text.front() == ' ' || text.back() == ' ' ||
                                       text.front() == '\t' || text.back() == '\t');
  if (!text.empty() && !blank && text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return '"' + absl::StrReplaceAll(text, {{"\"", "\"\""}}) + '"';
}

PredictionText::PredictionText(const model::SavedModel& model, bool labels_only)
    : model_(model), labels_only_(labels_only) {
  if (model.spec.regression()) return;
  for (std::size_t label = 0; label < model.spec.classes(); ++label) {
    classes_.push_back(CsvCellText(model::ClassName(model, label)));
  }
}

std::string PredictionText::Header() const {
  const bool named = model_.schema && !model_.schema->label.empty();
  std::string header = named              ? CsvCellText(model_.schema->label)
                       : classes_.empty() ? "prediction"
                                          : "label";
  for (std::size_t i = 0; i < classes_.size() && !labels_only_; ++i) header += "," + classes_[i];
  return header + "\n";
}

void PredictionText::Append(const Matrix<double>& outputs, std::string& text) const {
  const Precision precision = PrecisionOf(model_.parameters);
  for (std::size_t row = 0; row < outputs.shape(0); ++row) {
    if (classes_.empty()) {
      AppendNumber(outputs(row, 0), precision, text);
    } else {
      text += classes_[MostProbable(outputs, row)];
    }
    for (std::size_t i = 0; i < classes_.size() && !labels_only_; ++i) {
      text += ',';
      AppendNumber(outputs(row, i), precision, text);
    }
    text += '\n';
  }
}

}  // namespace mlp::cli
