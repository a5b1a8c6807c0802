#include "services/coordinator/store/store_rules.h"

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {

absl::Status ChangeOfUnknownJob(const std::string& job_id) {
  return absl::InternalError(absl::StrCat("a change of ", job_id, ", which is not stored"));
}

absl::Status CheckNextEvent(const std::string& job_id, const JobReach& job, std::int64_t sequence) {
  if (sequence == job.sequence + 1) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("event ", sequence, " of ", job_id, ", where event ",
                                          job.sequence + 1, " comes next"));
}

}  // namespace mlp::coordinator
