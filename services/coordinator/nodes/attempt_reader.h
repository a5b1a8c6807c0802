// Reads the messages of one TrainShard call: tells the observer, and derives how the attempt ended.
// A message that breaks the protocol ends the attempt with DATA_LOSS, which is worth another try.
// Loop thread only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mlp/v1/node.pb.h"
#include "services/attempt/attempt_observer.h"
#include "services/attempt/attempt_outcome.h"
#include "services/attempt/train_task.h"
#include "services/attempt/trained.h"
#include "services/wire/parameter_pieces.h"

namespace mlp::coordinator {

class AttemptReader {
 public:
  // `task` and `observer` must outlive the reader.
  AttemptReader(const TrainTask& task, AttemptObserver& observer)
      : task_(task), observer_(observer) {}

  void Read(const v1::TrainShardEvent& event);

  // True if the outcome is known and the call brings nothing more.
  bool complete() const { return outcome_.has_value(); }
  // True if the node has said how the shard was trained, and the gradient is still to come.
  bool gradient_to_come() const { return bytes_to_come_ > 0 && !complete(); }

  // Returns how the attempt ended. `status` is the call's.
  absl::StatusOr<AttemptOutcome> Outcome(const absl::Status& status) &&;

 private:
  void ReadFinished(const v1::TrainShardEvent::Finished& finished);
  void ReadGradient(const std::string& piece);
  absl::Status BeginGradient();
  void Finish(absl::StatusOr<SharedParameters> gradient);
  void Fail(const absl::Status& status);

  const TrainTask& task_;
  AttemptObserver& observer_;
  Trained trained_;
  std::optional<wire::ParameterAssembly> gradient_;
  std::size_t bytes_to_come_ = 0;
  std::optional<absl::StatusOr<AttemptOutcome>> outcome_;
};

}  // namespace mlp::coordinator
