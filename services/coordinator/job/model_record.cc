#include "services/coordinator/job/model_record.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/coordinator/job/dataset_record.h"

namespace mlp::coordinator {

absl::Status CheckModelName(const std::string& name) {
  if (absl::Status status = CheckStoredName(name); !status.ok()) return status;
  for (const std::string_view prefix : {"job-", "model-"}) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view rest = std::string_view(name).substr(prefix.size());
    if (std::ranges::all_of(rest, absl::ascii_isdigit)) {
      return FieldError("name", absl::StrCat(name,
                                             " is how the coordinator calls jobs and models "
                                             "without a name; choose another one"));
    }
  }
  return absl::OkStatus();
}

}  // namespace mlp::coordinator
