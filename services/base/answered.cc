#include "services/base/answered.h"

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"

namespace mlp {
namespace {

constexpr absl::string_view kAnsweredPayload = "mlp.answered";

}  // namespace

absl::Status Answered(absl::Status status) {
  status.SetPayload(kAnsweredPayload, absl::Cord());
  return status;
}

bool IsAnswered(const absl::Status& status) {
  return status.GetPayload(kAnsweredPayload).has_value();
}

}  // namespace mlp
