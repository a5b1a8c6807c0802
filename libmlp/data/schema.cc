#include "libmlp/data/schema.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"

namespace mlp {
namespace {

absl::Status Bad(const std::string& place, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", what));
}

absl::Status CheckLength(const std::string& place, const std::string& text) {
  if (text.size() <= kMaxTextBytes) return absl::OkStatus();
  return Bad(place, absl::StrCat("has ", text.size(), " bytes, at most ", kMaxTextBytes,
                                 " are possible: shorten it, or leave the column out"));
}

// The bytes of all names and texts together.
std::size_t TextBytes(const Schema& schema) {
  std::size_t bytes = schema.label.size();
  const auto add = [&bytes](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) bytes += text.size();
  };
  add(schema.classes);
  for (const Column& column : schema.columns) {
    bytes += column.name.size();
    add(column.categories);
  }
  return bytes;
}

absl::Status CheckEachOnce(const std::string& place, const std::vector<std::string>& texts) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const absl::Status length = CheckLength(absl::StrCat(place, "[", i, "]"), texts[i]);
    if (!length.ok()) return length;
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
  if (const std::size_t bytes = TextBytes(schema); bytes > kMaxSchemaBytes) {
    return Bad("columns", absl::StrCat("their names and texts have ", bytes, " bytes, at most ",
                                       kMaxSchemaBytes, " are possible: leave some out"));
  }
  if (absl::Status length = CheckLength("label", schema.label); !length.ok()) return length;
  std::set<std::string> names = {schema.label};
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const std::string place = absl::StrCat("columns[", i, "]");
    const std::string& name = schema.columns[i].name;
    if (name.empty()) return Bad(place + ".name", "is empty");
    if (absl::Status length = CheckLength(place + ".name", name); !length.ok()) return length;
    if (!names.insert(name).second) {
      return Bad(place + ".name", absl::StrCat("'", name, "' is there twice"));
    }
    if (absl::Status status = CheckColumn(place, schema.columns[i]); !status.ok()) return status;
  }
  return CheckEachOnce("classes", schema.classes);
}

}  // namespace mlp
