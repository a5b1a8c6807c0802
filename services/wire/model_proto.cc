#include "services/wire/model_proto.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/wire/enum_proto.h"

namespace mlp::wire {

v1::ModelSpec ToProto(const ModelSpec& spec) {
  v1::ModelSpec proto;
  for (const std::size_t size : spec.layer_sizes) {
    proto.add_layer_sizes(static_cast<std::int32_t>(size));
  }
  proto.set_activation(ToProto(spec.activation));
  proto.set_output(ToProto(spec.output));
  return proto;
}

absl::StatusOr<ModelSpec> FromProto(const v1::ModelSpec& proto, std::string_view field) {
  const std::string sizes_field = absl::StrCat(std::string(field), ".layer_sizes");
  ModelSpec spec;
  for (int i = 0; i < proto.layer_sizes_size(); ++i) {
    // A negative size would turn into a huge one.
    if (proto.layer_sizes(i) < 1) {
      return FieldError(
          absl::StrCat(sizes_field, "[", i, "]"),
          absl::StrCat("must be 1 to ", kMaxLayerSize, ", is ", proto.layer_sizes(i)));
    }
    spec.layer_sizes.push_back(static_cast<std::size_t>(proto.layer_sizes(i)));
  }
  if (proto.output() != v1::OUTPUT_UNSPECIFIED) {
    const auto output = FromProto(proto.output(), absl::StrCat(std::string(field), ".output"));
    if (!output.ok()) return output.status();
    spec.output = *output;
  }
  if (const absl::Status status = CheckModelSpec(spec); !status.ok()) {
    return AtField(sizes_field, status);
  }
  const auto activation =
      FromProto(proto.activation(), absl::StrCat(std::string(field), ".activation"));
  if (!activation.ok()) return activation.status();
  spec.activation = *activation;
  return spec;
}

v1::Evaluation ToProto(const Evaluation& evaluation, std::string_view rows_source) {
  v1::Evaluation proto;
  proto.set_rows_source(std::string(rows_source));
  proto.set_rows(static_cast<std::int64_t>(evaluation.rows));
  proto.set_wrong_rows(static_cast<std::int64_t>(evaluation.wrong_rows));
  proto.set_error(evaluation.error());
  proto.set_loss(evaluation.loss);
  proto.set_total_squares(evaluation.total_squares);
  return proto;
}

absl::StatusOr<Evaluation> FromProto(const v1::Evaluation& proto, std::string_view field) {
  const std::string prefix(field);
  if (proto.rows() < 1) {
    return FieldError(prefix + ".rows", absl::StrCat("must be 1 or more, is ", proto.rows()));
  }
  if (proto.wrong_rows() < 0 || proto.wrong_rows() > proto.rows()) {
    return FieldError(prefix + ".wrong_rows", absl::StrCat("must be 0 to rows, ", proto.rows(),
                                                           ", is ", proto.wrong_rows()));
  }
  if (!std::isfinite(proto.loss())) {
    return FieldError(prefix + ".loss", "must be a finite number");
  }
  if (!std::isfinite(proto.total_squares()) || proto.total_squares() < 0) {
    return FieldError(prefix + ".total_squares", "must be a finite number, 0 or more");
  }
  Evaluation evaluation;
  evaluation.rows = static_cast<std::size_t>(proto.rows());
  evaluation.wrong_rows = static_cast<std::size_t>(proto.wrong_rows());
  evaluation.loss = proto.loss();
  evaluation.total_squares = proto.total_squares();
  return evaluation;
}

}  // namespace mlp::wire
