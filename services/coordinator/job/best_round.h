// Decides when a job that stops early stops, and which round's model it ends with. Pure.
//
// A decision before round n uses the scores up to round n - 2, whenever it is made: round n - 1 is
// validated meanwhile. So it is the same after a restart. For jobs that do not stop early it keeps
// nothing but the failure.
#pragma once

#include <map>

#include "absl/status/status.h"
#include "libmlp/model/shared_parameters.h"
#include "libmlp/train/evaluation.h"
#include "services/coordinator/job/job.h"

namespace mlp::coordinator {

class BestRound {
 public:
  // Continues from `job`'s scores, with the parameters of the checkpoints, by round. `job` must
  // outlive this.
  BestRound(const Job& job, std::map<int, SharedParameters> candidates);

  // Takes rounds as they finish, and are validated, in their order.
  void Finished(int round, SharedParameters parameters);
  void Validated(int round, const Evaluation& validation);
  // Records that the round could not be validated, which fails the job: the best round is unknown.
  void Failed(int round, const absl::Status& why);

  const absl::Status& failure() const { return failure_; }
  bool StopsBefore(int round) const;
  // The best round; 0 if none is validated, or the job does not stop early.
  int round() const;
  // The best round's parameters; nullptr if they are lost.
  SharedParameters parameters() const;

 private:
  const Job& job_;
  Scores scores_;
  absl::Status failure_;
  // The best round, and those that are not validated.
  std::map<int, SharedParameters> candidates_;
};

}  // namespace mlp::coordinator
