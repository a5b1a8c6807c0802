// The events of a job in words for a user who watches: lines worth keeping, and one line with the
// state of the job. Pure: time is the events' own.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "mlp/v1/job.pb.h"

namespace mlp::cli {

class Progress {
 public:
  // `live` means that Status() is always shown, so a finished round needs no line of its own.
  Progress(const v1::Job& job, bool live);

  // Takes the next event. Returns the line to keep on the screen, if the event is worth one.
  std::optional<std::string> Apply(const v1::JobEvent& event);

  // "round 12/30  shards 7/11  elapsed 3.20 s  …", without the parts that are not known yet. Parts
  // are two spaces apart, and the first ones matter most: a narrow screen may leave out the last.
  std::string Status() const;

  // Nodes that finished at least one attempt, among the events seen.
  std::size_t nodes_that_trained() const { return nodes_.size(); }
  // The last round that finished, among the events seen.
  const std::optional<v1::JobEvent::RoundFinished>& last_round() const { return last_round_; }

 private:
  using Time = std::chrono::nanoseconds;  // since 1970

  std::optional<std::string> QueueLine(const v1::JobEvent::StateChanged& change);
  std::string WaitingLine(const v1::JobEvent::Waiting& waiting) const;
  std::string RoundLine(int round, const v1::Evaluation& validation) const;
  void StartRound(const v1::JobEvent& event);
  void FinishAttempt(const v1::JobEvent& event);
  void FinishRound(const v1::JobEvent& event);
  std::string Clock() const;
  std::optional<Time> TimeLeft() const;

  const bool live_;
  const int rounds_;
  const Time submitted_;
  int shards_;
  Time now_;

  std::string queued_;         // "queued behind job-1"
  int round_ = 0;              // the one that trains; 0: none yet
  std::set<int> shards_done_;  // of that round
  int first_round_ = 0;        // seen here: a watcher may come late
  Time first_round_time_{};
  int finished_round_ = 0;
  Time finished_round_time_{};
  std::optional<v1::JobEvent::RoundFinished> last_round_;
  std::map<int, double> training_errors_;  // by round: the next may finish before validation
  std::optional<v1::Evaluation> validation_;
  std::set<std::string> nodes_;
};

}  // namespace mlp::cli
