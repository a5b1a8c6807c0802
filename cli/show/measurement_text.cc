#include "cli/show/measurement_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/show/summary.h"

namespace mlp::cli {
namespace {

constexpr int kMaxShown = 30;  // classes of a matrix

void PrintNumbers(const v1::EvaluateModelResponse& measured, const Terminal& terminal) {
  const v1::Evaluation& evaluation = measured.evaluation();
  const std::string explained =
      measured.has_r_squared() ? absl::StrFormat("R² %.4f, ", measured.r_squared()) : "";
  terminal.out << absl::StreamFormat("%sRMSE %.6g over %d rows of %s, loss %.4f, model digest %s\n",
                                     explained, measured.root_mean_square_error(),
                                     evaluation.rows(), evaluation.rows_source(), evaluation.loss(),
                                     measured.model_digest());
}

void PrintScores(const v1::EvaluateModelResponse& measured, const Terminal& terminal) {
  AlignedTable table({"CLASS", "ROWS", "PRECISION", "RECALL", "F1"});
  for (const auto& score : measured.classes()) {
    table.Add({score.name(), absl::StrCat(score.rows()), ShareText(score.precision()),
               ShareText(score.recall()), ShareText(score.f1())});
  }
  table.Print(terminal);
}

void PrintConfusion(const v1::EvaluateModelResponse& measured, const Terminal& terminal) {
  AlignedTable::Row heading = {"CLASS"};
  for (const auto& score : measured.classes()) heading.push_back("-> " + score.name());
  AlignedTable table(std::move(heading));
  int at = 0;
  for (const auto& score : measured.classes()) {
    AlignedTable::Row row = {score.name()};
    for (int i = 0; i < measured.classes_size(); ++i) {
      row.push_back(absl::StrCat(measured.confusion(at++)));
    }
    table.Add(std::move(row));
  }
  table.Print(terminal);
}

}  // namespace

void PrintMeasurement(const v1::EvaluateModelResponse& measured, const Terminal& terminal) {
  if (measured.has_root_mean_square_error()) return PrintNumbers(measured, terminal);
  terminal.out << absl::StreamFormat("error %s, loss %.4f, model digest %s\n",
                                     EvaluationText(measured.evaluation()),
                                     measured.evaluation().loss(), measured.model_digest());
  const int classes = measured.classes_size();
  if (classes == 0) return;
  terminal.out << '\n';
  PrintScores(measured, terminal);
  // No coordinator may make this read beyond what it sent.
  if (measured.confusion_size() != classes * classes) return;
  terminal.out << '\n';
  if (classes > kMaxShown) {
    terminal.out << classes << " classes are too many to show which were taken for which; "
                 << "--json has it\n";
    return;
  }
  terminal.out << "Rows of each class by what they were taken for:\n";
  PrintConfusion(measured, terminal);
}

}  // namespace mlp::cli
