// Turns events into what they say of attempts, nodes and rounds, without any conclusions from it.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/timeline/model.h"

namespace mlp::cli::timeline {

class Fold {
 public:
  // Takes the next event.
  void Apply(const v1::JobEvent& event);

  // The timeline so far, without phases, races and lanes. Ends what is open at the last event.
  Timeline TakeFacts();
  // The nodes by number. Call it before TakeFacts.
  std::vector<NodeFacts> Nodes() const;

 private:
  void ApplyToAttempt(const v1::JobEvent& event);
  void ApplyToRound(const v1::JobEvent& event);
  void Dispatched(int round, const v1::JobEvent::AttemptDispatched& event);
  void Started(const v1::JobEvent::AttemptStarted& event);
  void Finished(const v1::JobEvent::AttemptFinished& event);
  void Joined(const v1::JobEvent::NodeJoined& event);
  void Resumed();
  void Left(const v1::JobEvent::NodeLeft& event);
  // The attempt that `event` is about; a record that begins late has no offer of it.
  template <class Event>
  Attempt& AttemptOf(const Event& event);
  void End(Attempt& attempt, Outcome outcome, const std::string& reason);
  Round& RoundOf(int number);

  Time now_{};
  int round_ = 0;  // of the event at hand
  bool began_ = false;
  Timeline facts_;
  std::map<std::int64_t, Attempt> attempts_;
  std::map<std::string, NodeFacts> nodes_;
  std::map<int, Round> rounds_;
};

}  // namespace mlp::cli::timeline
