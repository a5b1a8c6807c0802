// What a sweep shows while it runs and at its end.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/client/screen.h"
#include "cli/client/session.h"
#include "cli/sweep/results.h"

namespace mlp::cli {

// On a terminal one line that is redrawn, elsewhere a line for each trial that has ended, or a JSON
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

// What the end of a sweep is told with.
struct SweepEnd {
  std::string command;  // repeats the best trial; empty: there is none
  std::string out;      // directory of the files
};

// The table and the best, or JSON: an object a setting, the best first, and one for the sweep.
void PrintSweep(const Session& session, const sweep::Plan& plan,
                const std::vector<sweep::Outcome>& outcomes, const SweepEnd& end);

}  // namespace mlp::cli
