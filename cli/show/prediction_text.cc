#include "cli/show/prediction_text.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "absl/strings/str_replace.h"
#include "libmlp/train/predictor.h"
#include "services/model/saved_model.h"

namespace mlp::cli {
namespace {

template <class T>
void AppendNumber(T value, std::string& text) {
  std::array<char, 32> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text.append(digits.data(), written.ptr);
}

// Most of the time goes into digits, and nine of them need whole numbers only.
void AppendProbability(double value, std::string& text) {
  constexpr double kSmall = 1e-5;
  constexpr std::uint64_t kOne = 1'000'000'000;
  if (!(value >= kSmall)) return AppendNumber(static_cast<float>(value), text);
  auto rest = static_cast<std::uint64_t>(value * kOne + 0.5);
  if (rest >= kOne) {
    text += '1';
    return;
  }
  std::array<char, 11> digits = {'0', '.'};
  std::size_t size = digits.size();
  for (std::size_t i = digits.size(); i-- > 2; rest /= 10) {
    digits[i] = static_cast<char>('0' + rest % 10);
  }
  while (digits[size - 1] == '0') --size;
  text.append(digits.data(), size);
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
  const bool float32 = PrecisionOf(*model_.parameters) == Precision::kFloat32;
  for (std::size_t row = 0; row < outputs.shape(0); ++row) {
    if (classes_.empty() && float32) {
      AppendNumber(static_cast<float>(outputs(row, 0)), text);
    } else if (classes_.empty()) {
      AppendNumber(outputs(row, 0), text);
    } else {
      text += classes_[MostProbable(outputs, row)];
    }
    for (std::size_t i = 0; i < classes_.size() && !labels_only_; ++i) {
      text += ',';
      AppendProbability(outputs(row, i), text);
    }
    text += '\n';
  }
}

}  // namespace mlp::cli
