// The results of a sweep: how its trials ended, and which settings are best. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/sweep/plan.h"
#include "mlp/v1/job.pb.h"
#include "services/report/text_table.h"

namespace mlp::cli::sweep {

struct Outcome {
  std::size_t trial = 0;
  v1::Job job;          // as it ended; has no id if it was refused or lost
  std::string problem;  // why there is no score; empty: there is one
};

// The outcome of a job that has ended.
Outcome OutcomeOf(std::size_t trial, const v1::Job& job);

// The score of the job's model on the validation rows: with early stopping the best round's, else
// the last round's. Greater is better. Nothing if the trial has a problem.
std::optional<double> ScoreOf(const Outcome& outcome);
// The seconds from the job's start to its end.
double SecondsOf(const v1::Job& job);

// The trials of a setting together.
struct Standing {
  std::size_t setting = 0;
  std::optional<double> score;  // median of those that have one
  double low = 0, high = 0;     // the worst and the best of them
  double seconds = 0;           // their median
  std::optional<Outcome> best;
  std::size_t scored = 0, failed = 0;
  std::string problem;  // of the first that failed
};

// The settings of which a trial has ended, the best first. Equal ones are in the plan's order.
// Those without a score come last.
std::vector<Standing> Ranked(const Plan& plan, const std::vector<Outcome>& outcomes);

// "accuracy", in regression "R^2".
std::string ScoreName(const std::vector<Outcome>& outcomes);

// A row for each standing: what varies, score, time, the job of its best trial, and what failed.
report::TextTable ResultsTable(const Plan& plan, const std::vector<Standing>& standings,
                               const std::string& score_name);
// A row for each trial, in the plan's order, with a heading: what varies, how it ended. RFC 4180.
std::string ResultsCsv(const Plan& plan, std::vector<Outcome> outcomes);

}  // namespace mlp::cli::sweep
