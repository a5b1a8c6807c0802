#include "services/coordinator/membership/lease_terms.h"

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {

absl::Status CheckLeaseTerms(const LeaseTerms& terms) {
  if (terms.interval < std::chrono::milliseconds(10) || terms.interval > std::chrono::hours(1)) {
    return absl::InvalidArgumentError("the heartbeat interval must be 10ms to 1h");
  }
  if (terms.suspect_after < 1 || terms.dead_after <= terms.suspect_after ||
      terms.dead_after > 1000) {
    return absl::InvalidArgumentError(
        absl::StrCat("a node is suspected after 1 or more missed heartbeats and dead after more "
                     "than that, at most 1000; not ",
                     terms.suspect_after, " and ", terms.dead_after));
  }
  return absl::OkStatus();
}

}  // namespace mlp::coordinator
