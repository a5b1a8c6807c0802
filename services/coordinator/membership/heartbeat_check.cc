#include "services/coordinator/membership/heartbeat_check.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"

namespace mlp::coordinator {
namespace {

// Checks the length. Refuses control characters, because lists and logs show the text, on terminals
// too.
absl::Status CheckText(const char* field, const std::string& text, std::size_t least,
                       std::size_t most) {
  if (text.size() < least || text.size() > most) {
    return FieldError(
        field, absl::StrCat("must have ", least, " to ", most, " characters, has ", text.size()));
  }
  const auto is_control = [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); };
  if (std::ranges::any_of(text, is_control)) {
    return FieldError(field, "must not have control characters");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckHeartbeat(const NodeHeartbeat& heartbeat) {
  absl::Status status = CheckText("name", heartbeat.name, 1, 255);
  status.Update(CheckText("instance_id", heartbeat.instance_id, 1, 64));
  status.Update(CheckText("address", heartbeat.address, 1, 300));
  status.Update(CheckText("version", heartbeat.version, 0, 64));
  status.Update(CheckText("arithmetic", heartbeat.arithmetic, 0, 255));
  return status;
}

}  // namespace mlp::coordinator
