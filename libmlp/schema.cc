#include "libmlp/schema.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"

namespace mlp {
namespace {

absl::Status Bad(const std::string& place, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", what));
}

absl::Status CheckEachOnce(const std::string& place, const std::vector<std::string>& texts) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!seen.insert(texts[i]).second) {
      return Bad(absl::StrCat(place, "[", i, "]"), absl::StrCat("'", texts[i], "' is there twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckImputed(const std::string& place, const Column& column) {
  if (column.imputed_number) {
    if (!column.categories.empty()) return Bad(place + ".imputed_number", "the column is a text");
    if (!std::isfinite(*column.imputed_number)) {
      return Bad(place + ".imputed_number", "must be a finite number");
    }
  }
  if (column.imputed_category && std::find(column.categories.begin(), column.categories.end(),
                                           *column.imputed_category) == column.categories.end()) {
    return Bad(place + ".imputed_category",
               absl::StrCat("'", *column.imputed_category, "' is not one of the column's texts"));
  }
  return absl::OkStatus();
}

absl::Status CheckColumn(const std::string& place, const Column& column) {
  if (column.categories.size() > kMaxCategories) {
    return Bad(place + ".categories",
               absl::StrCat("has ", column.categories.size(), " texts, at most ", kMaxCategories,
                            " are possible"));
  }
  absl::Status status = CheckEachOnce(place + ".categories", column.categories);
  status.Update(CheckImputed(place, column));
  if (!std::isfinite(column.mean)) status.Update(Bad(place + ".mean", "must be a finite number"));
  if (!std::isfinite(column.scale) || column.scale <= 0) {
    status.Update(Bad(place + ".scale", "must be a finite number greater than 0"));
  }
  return status;
}

}  // namespace

std::size_t Schema::features() const {
  std::size_t sum = 0;
  for (const Column& column : columns) sum += column.features();
  return sum;
}

absl::Status CheckSchema(const Schema& schema) {
  if (schema.columns.empty()) return Bad("columns", "there are none");
  std::set<std::string> names = {schema.label};
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const std::string place = absl::StrCat("columns[", i, "]");
    const std::string& name = schema.columns[i].name;
    if (name.empty()) return Bad(place + ".name", "is empty");
    if (!names.insert(name).second) {
      return Bad(place + ".name", absl::StrCat("'", name, "' is there twice"));
    }
    if (absl::Status status = CheckColumn(place, schema.columns[i]); !status.ok()) return status;
  }
  return CheckEachOnce("classes", schema.classes);
}

}  // namespace mlp
