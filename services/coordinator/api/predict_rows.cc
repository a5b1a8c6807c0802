#include "services/coordinator/api/predict_rows.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "libmlp/data/encode_row.h"
#include "libmlp/train/predictor.h"
#include "services/base/field_error.h"
#include "services/coordinator/job/model.h"

namespace mlp::coordinator {
namespace {

using Rows = google::protobuf::RepeatedPtrField<v1::PredictRequest::Row>;

CsvRecord RecordOf(const google::protobuf::RepeatedPtrField<std::string>& cells, std::size_t row) {
  CsvRecord record;
  for (const std::string& cell : cells)
    record.cells.push_back({cell, {row + 1, record.cells.size() + 1}});
  return record;
}

std::string Place(std::size_t row, const char* field) {
  return absl::StrCat("rows[", row, "].", field);
}

absl::Status TakeFeatures(const v1::PredictRequest::Row& row, std::size_t i,
                          Matrix<double>& features) {
  const std::string place = Place(i, "features");
  if (row.cells_size() > 0) {
    return FieldError(Place(i, "cells"), "must be empty where other rows have features");
  }
  if (row.features_size() != static_cast<int>(features.shape(1))) {
    return FieldError(place, absl::StrCat("has ", row.features_size(), " numbers, the model takes ",
                                          features.shape(1)));
  }
  if (!std::ranges::all_of(row.features(), [](double value) { return std::isfinite(value); })) {
    return FieldError(place, "has nan or inf; every number must be finite");
  }
  std::ranges::copy(row.features(), &features(i, 0));
  return absl::OkStatus();
}

// Returns the columns of the cells: those that the request names, or the schema's.
CsvRecord Columns(const Schema& schema, const v1::PredictRequest& request) {
  if (request.columns_size() > 0) return RecordOf(request.columns(), 0);
  CsvRecord record;
  for (const Column& column : schema.columns) record.cells.push_back({column.name, {}});
  return record;
}

absl::Status TakeCells(const Schema& schema, const v1::PredictRequest& request,
                       Matrix<double>& features) {
  const bool named = request.columns_size() > 0;
  const absl::StatusOr<RowEncoder> encoder = RowEncoder::Make(
      schema, Columns(schema, request), named ? Header::kYes : Header::kNo, "rows");
  if (!encoder.ok()) return AtField("columns", encoder.status());
  for (std::size_t i = 0; i < features.shape(0); ++i) {
    const v1::PredictRequest::Row& row = request.rows(static_cast<int>(i));
    const std::string place = Place(i, "cells");
    if (row.features_size() > 0) {
      return FieldError(Place(i, "features"), "must be empty where other rows have cells");
    }
    if (row.cells_size() != static_cast<int>(encoder->cells())) {
      return FieldError(place,
                        absl::StrCat("has ", row.cells_size(), " cells, not ", encoder->cells()));
    }
    const absl::Status encoded = encoder->Encode(RecordOf(row.cells(), i), &features(i, 0));
    if (!encoded.ok()) return AtField(place, encoded);
  }
  return absl::OkStatus();
}

absl::Status Take(const Model& model, const v1::PredictRequest& request, Matrix<double>& features) {
  if (request.rows(0).cells_size() > 0) {
    if (model.schema != nullptr) return TakeCells(*model.schema, request, features);
    return FieldError("rows[0].cells",
                      "the model has no schema that says what they mean; send features");
  }
  for (std::size_t i = 0; i < features.shape(0); ++i) {
    absl::Status taken = TakeFeatures(request.rows(static_cast<int>(i)), i, features);
    if (!taken.ok()) return taken;
  }
  return absl::OkStatus();
}

void SetClasses(const Model& model, const Matrix<double>& outputs, v1::PredictResponse& response) {
  for (std::size_t label = 0; label < model.spec.classes(); ++label) {
    response.add_classes(model.schema == nullptr ? absl::StrCat(label)
                                                 : model.schema->classes[label]);
  }
  for (std::size_t i = 0; i < outputs.shape(0); ++i) {
    response.add_labels(response.classes(static_cast<int>(MostProbable(outputs, i))));
  }
  response.mutable_probabilities()->Add(outputs.begin(), outputs.end());
}

}  // namespace

absl::Status CheckPredict(const v1::PredictRequest& request) {
  if (request.rows_size() < 1 || request.rows_size() > kMaxPredictRows) {
    return FieldError(
        "rows", absl::StrCat("must be 1 to ", kMaxPredictRows, ", are ", request.rows_size()));
  }
  if (request.ByteSizeLong() <= kMaxPredictBytes) return absl::OkStatus();
  return FieldError("rows", absl::StrCat("take ", request.ByteSizeLong(), " bytes, at most ",
                                         kMaxPredictBytes, " are possible; send fewer at a time"));
}

absl::StatusOr<v1::PredictResponse> PredictRows(const Model& model,
                                                const v1::PredictRequest& request) {
  const auto rows = static_cast<std::size_t>(request.rows_size());
  const std::size_t classes = model.spec.classes();
  if (rows > kMaxPredictValues / std::max(classes, model.spec.features())) {
    return FieldError(
        "rows", absl::StrCat("are ", rows, " of a model of ", model.spec.features(),
                             " features and ", classes, " classes; at most ", kMaxPredictValues,
                             " values are possible; send fewer at a time"));
  }
  if (rows > kMaxPredictWork / ParameterCount(model.spec)) {
    return FieldError(
        "rows", absl::StrCat("are ", rows, " of a model of ", ParameterCount(model.spec),
                             " parameters; at most ", kMaxPredictWork / ParameterCount(model.spec),
                             " rows are possible; send fewer at a time"));
  }
  Matrix<double> features = Matrix<double>::from_shape({rows, model.spec.features()});
  if (absl::Status taken = Take(model, request, features); !taken.ok()) return taken;
  Matrix<double> outputs = Matrix<double>::from_shape({rows, classes});
  Predictor(model.spec, *model.parameters).Predict(features, rows, outputs);
  v1::PredictResponse response;
  response.set_model_digest(model.digest);
  if (model.spec.regression()) {
    response.mutable_predictions()->Add(outputs.begin(), outputs.end());
  } else {
    SetClasses(model, outputs, response);
  }
  return response;
}

}  // namespace mlp::coordinator
