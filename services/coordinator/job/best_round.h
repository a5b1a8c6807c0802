// Which round's model a job that stops early ends with, and when it stops. Pure.
//
// A decision before round n knows the scores up to round n - 2, whenever it is made: round n - 1 is
// validated meanwhile. So it is the same after a restart. Of jobs that do not stop early it keeps
// nothing but the failure.
#pragma once

#include <map>
#include <memory>

#include "absl/status/status.h"
#include "libmlp/model/parameters.h"
#include "services/coordinator/job/job.h"

namespace mlp::coordinator {

class BestRound {
 public:
  // Goes on from `job`'s scores, with the parameters of the rounds that were kept, by round. `job`
  // must outlive this.
  BestRound(const Job& job, std::map<int, std::shared_ptr<const Parameters>> candidates);

  // Rounds finish, and are validated, in their order.
  void Finished(int round, std::shared_ptr<const Parameters> parameters);
  void Validated(int round, const Evaluation& validation);
  // The round could not be validated, which fails the job: nobody could say which is the best.
  void Failed(int round, const absl::Status& why);

  const absl::Status& failure() const { return failure_; }
  bool StopsBefore(int round) const;
  // 0: none is validated, or the job does not stop early.
  int round() const;
  // Of that round; nullptr where they are lost.
  std::shared_ptr<const Parameters> parameters() const;

 private:
  const Job& job_;
  Scores scores_;
  absl::Status failure_;
  // The best one, and those that are not validated.
  std::map<int, std::shared_ptr<const Parameters>> candidates_;
};

}  // namespace mlp::coordinator
