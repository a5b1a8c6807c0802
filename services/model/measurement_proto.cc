#include "services/model/measurement_proto.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "services/wire/model_proto.h"

namespace mlp::model {
namespace {

void SetClasses(const Confusion& confusion, const Schema* schema,
                v1::EvaluateModelResponse& proto) {
  const std::vector<ClassScores> scores = ScoresOf(confusion);
  for (std::size_t label = 0; label < scores.size(); ++label) {
    v1::EvaluateModelResponse::ClassScore& score = *proto.add_classes();
    score.set_name(schema == nullptr ? absl::StrCat(label) : schema->classes[label]);
    score.set_rows(scores[label].rows);
    score.set_predicted(scores[label].predicted);
    score.set_right(scores[label].right);
    score.set_precision(scores[label].precision());
    score.set_recall(scores[label].recall());
    score.set_f1(scores[label].f1());
  }
  proto.mutable_confusion()->Add(confusion.counts().begin(), confusion.counts().end());
}

void SetNumbers(const Evaluation& evaluation, v1::EvaluateModelResponse& proto) {
  proto.set_root_mean_square_error(
      std::sqrt(2 * evaluation.loss / static_cast<double>(evaluation.rows)));
  if (evaluation.total_squares > 0) {
    proto.set_r_squared(evaluation.r_squared());
  }
}

}  // namespace

v1::EvaluateModelResponse ToProto(const Measurement& measurement, const Schema* schema,
                                  std::string_view rows_source) {
  v1::EvaluateModelResponse proto;
  *proto.mutable_evaluation() = wire::ToProto(measurement.evaluation(), rows_source);
  if (measurement.spec().regression()) {
    SetNumbers(measurement.evaluation(), proto);
  } else if (measurement.confusion()) {
    SetClasses(*measurement.confusion(), schema, proto);
  }
  return proto;
}

}  // namespace mlp::model
