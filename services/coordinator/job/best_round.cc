#include "services/coordinator/job/best_round.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"

namespace mlp::coordinator {

BestRound::BestRound(const Job& job, std::map<int, SharedParameters> candidates)
    : job_(job), scores_(job.scores), candidates_(std::move(candidates)) {}

void BestRound::Finished(int round, SharedParameters parameters) {
  if (job_.spec.early_stopping) candidates_[round] = std::move(parameters);
}

void BestRound::Validated(int round, const Evaluation& validation) {
  Note(scores_, job_.spec, job_.model, round, validation);
  std::erase_if(candidates_, [&](const auto& candidate) {
    return candidate.first <= round && candidate.first != scores_.best_round;
  });
}

void BestRound::Failed(int round, const absl::Status& why) {
  failure_.Update(WithContext(absl::StrCat("validating round ", round), why));
}

bool BestRound::StopsBefore(int round) const {
  return scores_.exhausted_round > 0 && scores_.exhausted_round <= round - 2;
}

int BestRound::round() const { return job_.spec.early_stopping ? scores_.best_round : 0; }

SharedParameters BestRound::parameters() const {
  const auto found = candidates_.find(scores_.best_round);
  return found == candidates_.end() ? nullptr : found->second;
}

}  // namespace mlp::coordinator
