#include "libmlp/model/precision.h"

#include "absl/strings/str_cat.h"
#include "libmlp/model/absl_view.h"

namespace mlp {

std::string_view PrecisionName(Precision precision) {
  return precision == Precision::kFloat32 ? "float32" : "float64";
}

absl::StatusOr<Precision> ParsePrecision(std::string_view name) {
  for (Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
    if (name == PrecisionName(precision)) return precision;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown precision '", AbslView(name), "': expected float32 or float64"));
}

}  // namespace mlp
