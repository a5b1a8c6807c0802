#include "cli/timeline/json_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/base/printable.h"

namespace mlp::cli::timeline {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>') {
      absl::StrAppendFormat(&quoted, "\\u%04x", static_cast<int>(c));
    } else {
      quoted += c;
    }
  }
  return PrintableJson(quoted + '"');
}

JsonObject& JsonObject::AddRaw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += Quoted(name);
  members_ += ':';
  members_ += json;
  return *this;
}

}  // namespace mlp::cli::timeline
