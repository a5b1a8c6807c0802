#include "services/report/text_table.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace mlp::report {

std::string Csv(const std::string& field) {
  if (field.find_first_of(",\"\n\r") == std::string::npos) return field;
  return absl::StrCat("\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
}

}  // namespace mlp::report
