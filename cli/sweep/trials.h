// The trials of a sweep as jobs of a coordinator: those that it has already are taken over, the
// others submitted, a few at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/client/session.h"
#include "cli/sweep/plan.h"
#include "cli/sweep/results.h"

namespace mlp::cli {
class JobClient;
}

namespace mlp::cli::sweep {

// The largest number of jobs that have not ended. Other users may want to queue theirs between
// them.
inline constexpr std::size_t kMaxOutstanding = 4;

// The receiver of what happens, called on the thread that calls Run.
struct TrialsSink {
  std::function<void(const Outcome&)> ended;
  std::function<void(std::size_t trial, const std::string& status)> progress;
};

class Trials {
 public:
  // `name` is part of the request ids, and `dataset` is the coordinator's name for it. Everything
  // must outlive this object.
  Trials(const Session& session, const Plan& plan, const std::string& name,
         const std::string& dataset, TrialsSink sink);
  ~Trials();
  Trials(const Trials&) = delete;
  Trials& operator=(const Trials&) = delete;

  // Returns OK when all have ended, whether well or not. Otherwise returns why it cannot go on;
  // after an interrupt that is any error.
  absl::Status Run();
  // Ids of the jobs that were submitted and had not ended.
  std::vector<std::string> Outstanding() const;

 private:
  struct Submitted {
    std::size_t trial = 0;
    v1::Job job;
    int losses = 0;  // by a coordinator that was restarted without its state
  };

  absl::Status Fill();
  absl::Status Settle();
  absl::Status SubmitAgain(Submitted& lost);
  absl::StatusOr<v1::Job> Submit(std::size_t trial);
  absl::StatusOr<v1::Job> AwaitEnd(const Submitted& submitted);
  absl::StatusOr<v1::Job> Look(const v1::Job& job);
  absl::Status Watch(const Submitted& submitted);
  void WaitForRoom(const absl::Status& full);
  void End(const Outcome& outcome) const { sink_.ended(outcome); }

  const Session& session_;
  const Plan& plan_;
  const std::string& name_;
  const std::string& dataset_;
  const TrialsSink sink_;
  const std::unique_ptr<JobClient> client_;
  std::deque<Submitted> outstanding_;  // oldest first
  std::size_t next_ = 0;               // trial to submit
  bool answered_ = false;              // the coordinator has, once
  bool said_full_ = false;
};

}  // namespace mlp::cli::sweep
