// The output of an experiment while it runs and at its end.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "cli/client/session.h"
#include "services/experiment/agreement.h"
#include "services/experiment/summary.h"

namespace mlp::cli {

// "simulated run 340 of 1600  21 %  3.20 s  about 12.0 s left": a line that is redrawn on a
// terminal; elsewhere a line every tenth of the way, on the error output if the output is JSON.
class ExperimentProgress {
 public:
  ExperimentProgress(const Session& session, std::string what, std::size_t size);

  // The time between two calls of Show.
  std::chrono::nanoseconds interval() const;
  void Show(std::size_t ended);
  void Finish(std::size_t ended);

 private:
  std::string Line(std::size_t ended) const;

  const Session& session_;
  const std::string what_;
  const std::size_t size_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::size_t told_tenths_ = 0;
};

// Prints tables and sentences, or JSON: an object for each cell, comparison and agreement, and one
// for the experiment, which has `out`, the directory of the files.
void PrintResults(const Session& session, const experiment::Summary& summary,
                  const std::vector<experiment::Agreement>& agreements, const std::string& out);

}  // namespace mlp::cli
