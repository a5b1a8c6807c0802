#include "services/experiment/summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mlp::experiment {
namespace {

using CellKey = std::pair<std::size_t, std::size_t>;  // policy, load

constexpr std::size_t kMaxProblemsTold = 5;

Cell CellOf(const CellKey& key, const std::vector<const Run*>& runs) {
  Cell cell;
  std::tie(cell.policy, cell.load) = key;
  std::vector<double> makespans;
  for (const Run* run : runs) makespans.push_back(run->figures.makespan);
  cell.makespan = EstimateOf(makespans);
  const auto mean = [&runs](auto figure) {
    double sum = 0;
    for (const Run* run : runs) sum += static_cast<double>(run->figures.*figure);
    return sum / static_cast<double>(runs.size());
  };
  cell.attempts = mean(&Figures::attempts);
  cell.rejections = mean(&Figures::rejections);
  cell.copies_per_task = mean(&Figures::copies_per_task);
  cell.computing = mean(&Figures::computing);
  cell.held_up = mean(&Figures::held_up);
  cell.idle = mean(&Figures::idle);
  cell.compute_time = mean(&Figures::compute_time);
  cell.round_trip = mean(&Figures::round_trip);
  return cell;
}

// Compares the runs of the seeds that both have.
Estimate PairedDifference(const std::vector<const Run*>& policy,
                          const std::vector<const Run*>& baseline) {
  std::map<std::uint64_t, double> of_baseline;
  for (const Run* run : baseline) of_baseline[run->key.seed] = run->figures.makespan;
  std::vector<double> differences;
  for (const Run* run : policy) {
    const auto found = of_baseline.find(run->key.seed);
    if (found != of_baseline.end()) differences.push_back(run->figures.makespan - found->second);
  }
  return EstimateOf(differences);
}

std::string Where(const Experiment& experiment, const RunKey& key) {
  return absl::StrCat(experiment.policies[key.policy].label, ", load ",
                      experiment.loads[key.load].label, ", seed ", key.seed);
}

void FindProblems(const std::vector<Run>& runs, Summary& summary) {
  const Experiment& experiment = *summary.experiment;
  const Run* first = nullptr;
  std::size_t failed = 0;
  std::size_t different = 0;
  for (const Run& run : runs) {
    if (!run.done) {
      if (++failed > kMaxProblemsTold) continue;
      summary.problems.push_back(
          absl::StrCat("the run of ", Where(experiment, run.key), " failed: ", run.problem));
      continue;
    }
    if (first == nullptr) first = &run;
    if (run.figures.digest == first->figures.digest || ++different > kMaxProblemsTold) continue;
    summary.problems.push_back(
        absl::StrCat("the run of ", Where(experiment, run.key), " ended with model digest ",
                     run.figures.digest.substr(0, 12), "…, that of ", Where(experiment, first->key),
                     " with ", first->figures.digest.substr(0, 12),
                     "…: equal jobs must give equal models, so no result here can be trusted"));
  }
  if (failed > kMaxProblemsTold) {
    summary.problems.push_back(absl::StrCat(failed, " runs failed altogether"));
  }
  if (different > kMaxProblemsTold) {
    summary.problems.push_back(absl::StrCat(different, " runs ended with another model"));
  }
  if (first != nullptr) summary.digest = first->figures.digest;
}

// Returns `seconds` with enough digits to tell apart the ends of an interval: "2.1 s", "0.034 s".
std::string SecondsText(double seconds, double apart) {
  const int digits = apart > 0 ? static_cast<int>(std::ceil(-std::log10(apart))) : 1;
  return absl::StrFormat("%.*f s", std::clamp(digits + 1, 1, 6), seconds);
}

}  // namespace

const Cell* Summary::Find(std::size_t policy, std::size_t load) const {
  const auto found = std::ranges::find_if(
      cells, [&](const Cell& cell) { return cell.policy == policy && cell.load == load; });
  return found == cells.end() ? nullptr : &*found;
}

std::string CompareInWords(const Estimate& difference, const std::string& policy,
                           const std::string& baseline, const std::string& load) {
  const std::string at = absl::StrCat(" at load ", load);
  if (difference.count < 2) {
    return absl::StrCat("Too few runs to compare ", policy, " with ", baseline, at, ".");
  }
  const double apart = difference.high() - difference.low();
  if (!difference.excludes_zero()) {
    return absl::StrCat("No difference is shown between ", policy, " and ", baseline, at,
                        ": the interval from ", SecondsText(difference.low(), apart), " to ",
                        SecondsText(difference.high(), apart), " contains zero.");
  }
  const bool faster = difference.mean < 0;
  const double least = std::min(std::abs(difference.low()), std::abs(difference.high()));
  const double most = std::max(std::abs(difference.low()), std::abs(difference.high()));
  return absl::StrCat(policy, " is ", SecondsText(least, apart), " to ", SecondsText(most, apart),
                      faster ? " faster" : " slower", " than ", baseline, at, ".");
}

Summary Summarise(const Experiment& experiment, Mode mode, const std::vector<Run>& runs) {
  Summary summary;
  summary.experiment = &experiment;
  summary.mode = mode;
  summary.planned =
      experiment.policies.size() * experiment.loads.size() * SeedsOf(experiment, mode).size();
  std::map<CellKey, std::vector<const Run*>> by_cell;
  for (const Run& run : runs) {
    if (!run.done) continue;
    ++summary.runs;
    by_cell[{run.key.policy, run.key.load}].push_back(&run);
  }
  for (const auto& [key, of_cell] : by_cell) summary.cells.push_back(CellOf(key, of_cell));
  for (const LoadCase& load : experiment.loads) {
    summary.bounds.push_back(BoundsOf(experiment, load));
  }
  for (const auto& [key, of_cell] : by_cell) {
    const auto [policy, load] = key;
    const auto baseline = by_cell.find({experiment.baseline, load});
    if (policy == experiment.baseline || baseline == by_cell.end()) continue;
    Comparison comparison;
    comparison.policy = policy;
    comparison.load = load;
    comparison.difference = PairedDifference(of_cell, baseline->second);
    comparison.speed_up = summary.Find(experiment.baseline, load)->makespan.mean /
                          summary.Find(policy, load)->makespan.mean;
    comparison.sentence = CompareInWords(comparison.difference, experiment.policies[policy].label,
                                         experiment.policies[experiment.baseline].label,
                                         experiment.loads[load].label);
    summary.comparisons.push_back(std::move(comparison));
  }
  FindProblems(runs, summary);
  return summary;
}

}  // namespace mlp::experiment
