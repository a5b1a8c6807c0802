// What one TrainShard call brings, message by message: tells the observer, and makes of it how the
// attempt ended. What a node sends that is not as the protocol has it ends the attempt with
// DATA_LOSS, which is worth another try. Loop thread only.
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
  // Both must outlive it.
  AttemptReader(const TrainTask& task, AttemptObserver& observer)
      : task_(task), observer_(observer) {}

  void Read(const v1::TrainShardEvent& event);

  // The call has brought all that it brings.
  bool complete() const { return outcome_.has_value(); }
  // It says how the shard was trained, and the gradient is still to come.
  bool gradient_to_come() const { return bytes_to_come_ > 0 && !complete(); }

  // `status` is how the call ended.
  absl::StatusOr<AttemptOutcome> Outcome(const absl::Status& status) &&;

 private:
  void ReadFinished(const v1::TrainShardEvent::Finished& finished);
  void ReadGradient(const std::string& piece);
  absl::Status BeginGradient();
  void Finish(absl::StatusOr<Parameters> gradient);
  void Fail(const absl::Status& status);

  const TrainTask& task_;
  AttemptObserver& observer_;
  Trained trained_;
  std::optional<wire::ParameterAssembly> gradient_;
  std::size_t bytes_to_come_ = 0;
  std::optional<absl::StatusOr<AttemptOutcome>> outcome_;
};

}  // namespace mlp::coordinator
