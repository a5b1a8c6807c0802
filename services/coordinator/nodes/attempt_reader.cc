#include "services/coordinator/nodes/attempt_reader.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "libmlp/model/parameters.h"
#include "services/base/field_error.h"
#include "services/wire/enum_proto.h"
#include "services/wire/parameters_proto.h"
#include "services/wire/train_shard_proto.h"

namespace mlp::coordinator {
void AttemptReader::Read(const v1::TrainShardEvent& event) {
  wire::TellObserver(event, observer_);
  if (event.has_rejected()) outcome_ = AttemptOutcome(wire::FromProto(event.rejected().reason()));
  if (event.has_finished()) ReadFinished(event.finished());
  if (!event.gradient_data().empty()) ReadGradient(event.gradient_data());
}

absl::StatusOr<AttemptOutcome> AttemptReader::Outcome(const absl::Status& status) && {
  if (!status.ok()) return status;
  if (!outcome_) return absl::DataLossError("the node ended the call without a result");
  return *std::move(outcome_);
}

void AttemptReader::ReadFinished(const v1::TrainShardEvent::Finished& finished) {
  auto trained = wire::FromProto(finished);
  if (!trained.ok()) return Fail(trained.status());
  const Precision precision = PrecisionOf(*task_.parameters.values);
  if (finished.gradient().precision() != wire::ToProto(precision)) {
    return Fail(
        absl::InvalidArgumentError("finished.gradient: has another precision than the parameters"));
  }
  trained_ = *std::move(trained);
  if (wire::TravelWhole(*task_.parameters.values)) {
    auto gradient = wire::FromProto(finished.gradient(), *task_.model, "finished.gradient");
    if (!gradient.ok()) return Fail(gradient.status());
    return Finish(Share(*std::move(gradient)));
  }
  bytes_to_come_ = BytesOf(*task_.parameters.values).size();
}

void AttemptReader::ReadGradient(const std::string& piece) {
  if (!gradient_to_come()) return Fail(absl::InvalidArgumentError("a piece of no gradient"));
  absl::Status status;
  if (!gradient_) status = BeginGradient();  // takes memory only now: many may wait for their turn
  if (status.ok()) status = gradient_->Add(piece);
  if (!status.ok()) return Fail(AtField("gradient_data", status));
  bytes_to_come_ -= piece.size();
  if (bytes_to_come_ == 0) Finish((*std::move(gradient_)).Finish(trained_.digest));
}

absl::Status AttemptReader::BeginGradient() {
  auto gradient = wire::ParameterAssembly::Begin(PrecisionOf(*task_.parameters.values),
                                                 static_cast<std::int64_t>(bytes_to_come_));
  if (!gradient.ok()) return gradient.status();
  gradient_ = *std::move(gradient);
  return absl::OkStatus();
}

void AttemptReader::Finish(absl::StatusOr<SharedParameters> gradient) {
  if (!gradient.ok()) return Fail(gradient.status());
  trained_.gradient = *std::move(gradient);
  outcome_ = AttemptOutcome(std::make_shared<const Trained>(std::move(trained_)));
}

// The node's message is at fault, not the request, so another try is worth it.
void AttemptReader::Fail(const absl::Status& status) {
  outcome_ = absl::StatusOr<AttemptOutcome>(absl::DataLossError(status.message()));
}

}  // namespace mlp::coordinator
