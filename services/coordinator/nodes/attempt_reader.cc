#include "services/coordinator/nodes/attempt_reader.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "services/base/field_error.h"
#include "services/wire/enum_proto.h"
#include "services/wire/model_proto.h"
#include "services/wire/parameters_proto.h"
#include "services/wire/time_proto.h"

namespace mlp::coordinator {
namespace {

using namespace std::chrono_literals;

const char* ReasonText(v1::TrainShardEvent::Rejected::Reason reason) {
  switch (reason) {
    case v1::TrainShardEvent::Rejected::REASON_BUSY:
      return "busy";
    case v1::TrainShardEvent::Rejected::REASON_LOAD:
      return "injected load";
    case v1::TrainShardEvent::Rejected::REASON_SHUTTING_DOWN:
      return kNodeShutsDown;
    default:
      return "no reason given";
  }
}

}  // namespace

void AttemptReader::Read(const v1::TrainShardEvent& event) {
  if (event.has_accepted()) observer_.OnAccepted(event.accepted().queued_behind());
  if (event.has_rejected()) ReadRejected(event.rejected());
  if (event.has_started()) ReadStarted(event.started());
  if (event.has_finished()) ReadFinished(event.finished());
  if (!event.gradient_data().empty()) ReadGradient(event.gradient_data());
}

absl::StatusOr<AttemptOutcome> AttemptReader::Outcome(const absl::Status& status) && {
  if (!status.ok()) return status;
  if (!outcome_) return absl::DataLossError("the node ended the call without a result");
  return *std::move(outcome_);
}

void AttemptReader::ReadRejected(const v1::TrainShardEvent::Rejected& rejected) {
  using Rejection = v1::TrainShardEvent::Rejected;
  parameters_unknown_ = rejected.reason() == Rejection::REASON_PARAMETERS_UNKNOWN;
  if (!parameters_unknown_) outcome_ = AttemptOutcome(Rejected{ReasonText(rejected.reason())});
}

void AttemptReader::ReadStarted(const v1::TrainShardEvent::Started& started) {
  const auto queued = wire::FromProto(started.queued_for(), "started.queued_for");
  const auto held_up = wire::FromProto(started.held_up_for(), "started.held_up_for");
  observer_.OnStarted(queued.value_or(0ns), held_up.value_or(0ns));
}

void AttemptReader::ReadFinished(const v1::TrainShardEvent::Finished& finished) {
  auto training = wire::FromProto(finished.training(), "finished.training");
  auto compute_time = wire::FromProto(finished.compute_time(), "finished.compute_time");
  auto load_time = wire::FromProto(finished.load_time(), "finished.load_time");
  auto precision = wire::FromProto(finished.gradient().precision(), "finished.gradient.precision");
  absl::Status status = training.status();
  status.Update(compute_time.status());
  status.Update(load_time.status());
  status.Update(precision.status());
  if (status.ok() && *precision != PrecisionOf(*task_.parameters.values)) {
    status =
        absl::InvalidArgumentError("finished.gradient: has another precision than the parameters");
  }
  if (!status.ok()) return Fail(status);
  trained_.digest = finished.gradient().sha256();
  trained_.training = *training;
  trained_.epochs_run = finished.epochs_run();
  trained_.compute_time = *compute_time;
  trained_.load_time = *load_time;
  if (wire::TravelWhole(*task_.parameters.values)) {
    return Finish(wire::FromProto(finished.gradient(), *task_.model, "finished.gradient"));
  }
  bytes_to_come_ = BytesOf(*task_.parameters.values).size();
}

void AttemptReader::ReadGradient(const std::string& piece) {
  if (!gradient_to_come()) return Fail(absl::InvalidArgumentError("a piece of no gradient"));
  absl::Status status;
  if (!gradient_) status = BeginGradient();  // not before its turn: many may wait for theirs
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

void AttemptReader::Finish(absl::StatusOr<Parameters> gradient) {
  if (!gradient.ok()) return Fail(gradient.status());
  trained_.gradient = *std::move(gradient);
  outcome_ = AttemptOutcome(std::move(trained_));
}

// What the node sent is at fault, not what it was asked: worth another try.
void AttemptReader::Fail(const absl::Status& status) {
  outcome_ = absl::StatusOr<AttemptOutcome>(absl::DataLossError(status.message()));
}

}  // namespace mlp::coordinator
