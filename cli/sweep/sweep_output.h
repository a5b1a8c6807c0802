// The output of a sweep while it runs and at its end.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/client/screen.h"
#include "cli/client/session.h"
#include "cli/sweep/results.h"

namespace mlp::cli {

// A line that is redrawn on a terminal; elsewhere a line for each trial that has ended, or a JSON
// object.
class SweepProgress {
 public:
  // Both must outlive it.
  SweepProgress(const Session& session, const sweep::Plan& plan);

  void Show(std::size_t trial, const std::string& status);
  void End(const sweep::Outcome& outcome);
  const std::vector<sweep::Outcome>& outcomes() const { return outcomes_; }

 private:
  const Session& session_;
  const sweep::Plan& plan_;
  Screen screen_;
  std::vector<sweep::Outcome> outcomes_;
  std::string best_;  // "best accuracy 0.8123  "
  double best_score_ = 0;
};

// The facts that a sweep's end shows besides its outcomes.
struct SweepEnd {
  std::string command;  // repeats the best trial; empty: there is none
  std::string out;      // directory of the files
};

// Prints the table and the best, or JSON: an object for each setting, the best first, and one for
// the sweep.
void PrintSweep(const Session& session, const sweep::Plan& plan,
                const std::vector<sweep::Outcome>& outcomes, const SweepEnd& end);

}  // namespace mlp::cli
