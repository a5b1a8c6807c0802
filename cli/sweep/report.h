// The results of a sweep as one page that needs nothing else. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/sweep/results.h"

namespace mlp::cli::sweep {

// `command` repeats the best trial; `note`, which may be empty, says what is missing.
std::string ReportHtml(const Plan& plan, const std::vector<Outcome>& outcomes,
                       const std::string& title, const std::string& command,
                       const std::string& note);

// A sentence that says which figure the score is, and of which model.
std::string ScoreSentence(const std::string& score_name);

}  // namespace mlp::cli::sweep
