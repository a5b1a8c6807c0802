#include "services/wire/train_shard_proto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/model/parameters.h"
#include "services/attempt/trained.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"
#include "services/wire/enum_proto.h"
#include "services/wire/model_proto.h"
#include "services/wire/parameter_pieces.h"
#include "services/wire/parameters_proto.h"
#include "services/wire/time_proto.h"
#include "services/wire/training_proto.h"

namespace mlp::wire {
namespace {

constexpr std::size_t kMaxJobIdLength = 64;
constexpr std::size_t kMaxNameLength = 255;
constexpr std::int64_t kMaxEpochs = 1'000'000;
constexpr std::int64_t kMaxSlots = 1000;
constexpr std::int64_t kMaxNumber = std::numeric_limits<std::int32_t>::max();

using Rejected = v1::TrainShardEvent::Rejected;
constexpr std::pair<RejectReason, Rejected::Reason> kRejectReasons[] = {
    {RejectReason::kBusy, Rejected::REASON_BUSY},
    {RejectReason::kLoad, Rejected::REASON_LOAD},
    {RejectReason::kShuttingDown, Rejected::REASON_SHUTTING_DOWN},
    {RejectReason::kParametersUnknown, Rejected::REASON_PARAMETERS_UNKNOWN},
};

absl::Status CheckRange(std::string_view field, std::int64_t value, std::int64_t least,
                        std::int64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be ", least, " to ", most, ", is ", value));
}

absl::Status CheckName(std::string_view field, std::string_view name) {
  if (name.empty() || name.size() > kMaxNameLength) {
    return FieldError(
        field, absl::StrCat("must be 1 to ", kMaxNameLength, " characters, has ", name.size()));
  }
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), is_control)) {
    return FieldError(field, "must not have control characters");
  }
  return absl::OkStatus();
}

bool HasParentComponent(const std::string& path) {
  return absl::StrCat("/", path, "/").find("/../") != std::string::npos;
}

absl::Status CheckData(const v1::ShardReference& data) {
  if (auto status = CheckName("data.dataset", data.dataset()); !status.ok()) return status;
  if (data.dataset().front() == '/' || HasParentComponent(data.dataset())) {
    return FieldError("data.dataset",
                      "must be a directory below the data directory, without \"..\"");
  }
  if (auto status = CheckName("data.file", data.file()); !status.ok()) return status;
  if (data.file().find('/') != std::string::npos || data.file() == ".." || data.file() == ".") {
    return FieldError("data.file", "must be a file name, without \"/\"");
  }
  if (data.sha256().size() != kDigestBytes) {
    return FieldError("data.sha256",
                      absl::StrCat("must be ", kDigestBytes, " bytes, has ", data.sha256().size()));
  }
  return absl::OkStatus();
}

absl::Status CheckKey(const v1::TrainShardRequest& request) {
  if (request.job_id().size() > kMaxJobIdLength) {
    return FieldError("job_id", absl::StrCat("must be at most ", kMaxJobIdLength,
                                             " characters, has ", request.job_id().size()));
  }
  if (auto status = CheckRange("round", request.round(), 1, kMaxNumber); !status.ok()) {
    return status;
  }
  if (auto status = CheckRange("shard", request.shard(), 0, kMaxNumber); !status.ok()) {
    return status;
  }
  return CheckRange("offer", request.offer(), 0, kMaxNumber);
}

absl::Status CheckOptions(const v1::TrainShardRequest& request) {
  if (auto status = CheckRange("epochs", request.epochs(), 1, kMaxEpochs); !status.ok()) {
    return status;
  }
  if (!(request.learning_rate() > 0) || !std::isfinite(request.learning_rate())) {
    return FieldError("learning_rate", absl::StrCat("must be greater than 0 and finite, is ",
                                                    request.learning_rate()));
  }
  if (!(request.tolerance() >= 0) || !std::isfinite(request.tolerance())) {
    return FieldError("tolerance",
                      absl::StrCat("must be 0 or more and finite, is ", request.tolerance()));
  }
  return CheckRange("slots", request.slots(), 0, kMaxSlots);
}

absl::Status CheckPresent(const v1::TrainShardRequest& request) {
  if (!request.has_data()) return FieldError("data", "required");
  if (!request.has_model()) return FieldError("model", "required");
  if (!request.has_parameters()) return FieldError("parameters", "required");
  return absl::OkStatus();
}

// Checks all but shape and parameters, which are checked as they are converted.
absl::Status CheckFields(const v1::TrainShardRequest& request) {
  if (auto status = CheckKey(request); !status.ok()) return status;
  if (auto status = CheckPresent(request); !status.ok()) return status;
  if (auto status = CheckData(request.data()); !status.ok()) return status;
  return CheckOptions(request);
}

absl::Status SetTraining(const v1::TrainShardRequest& request, TrainTask& task) {
  const auto solver = FromProto(request.solver(), "solver");
  if (!solver.ok()) return solver.status();
  task.training.epochs = request.epochs();
  task.training.learning_rate = request.learning_rate();
  task.training.tolerance = request.tolerance();
  task.training.solver = *solver;
  task.training.batches = FromProto(request.batches());
  task.training.key = {request.seed(), request.round(), request.shard()};
  const std::size_t classes = task.model->regression() ? 0 : task.model->classes();
  return BelowField("", CheckTrainingOptions(task.training, classes));
}

TrainTask WithoutModel(const v1::TrainShardRequest& request) {
  TrainTask task;
  task.job_id = request.job_id();
  task.round = request.round();
  task.shard = request.shard();
  task.offer = request.offer();
  task.terms = {request.slots(), request.rejectable()};
  task.data = {request.data().dataset(), request.data().file(), request.data().sha256(),
               LabelKind::kClass};
  task.parameters.sha256 = request.parameters().sha256();
  return task;
}

absl::Status SetParameters(const v1::ParameterBuffer& buffer, TrainTask& task) {
  if (buffer.data().empty()) return CheckReference(buffer, "parameters");
  auto parameters = FromProto(buffer, *task.model, "parameters");
  if (!parameters.ok()) return parameters.status();
  task.parameters.values = Share(*std::move(parameters));
  return absl::OkStatus();
}

}  // namespace

// ---- Tasks

v1::TrainShardRequest ToProto(const TrainTask& task, SendParameters parameters) {
  v1::TrainShardRequest request;
  request.set_job_id(task.job_id);
  request.set_round(task.round);
  request.set_shard(task.shard);
  request.set_offer(task.offer);
  request.mutable_data()->set_dataset(task.data.dataset);
  request.mutable_data()->set_file(task.data.file);
  request.mutable_data()->set_sha256(task.data.sha256);
  *request.mutable_model() = ToProto(*task.model);
  const auto& [values, sha256] = task.parameters;
  *request.mutable_parameters() = parameters == SendParameters::kWithTask
                                      ? ToProto(*values, sha256)
                                      : ReferenceTo(*values, sha256);
  request.set_epochs(task.training.epochs);
  request.set_learning_rate(task.training.learning_rate);
  request.set_tolerance(task.training.tolerance);
  request.set_solver(ToProto(task.training.solver));
  if (TrainsBatches(task.training.solver)) {
    *request.mutable_batches() = ToProto(task.training.batches);
    request.set_seed(task.training.key.seed);
  }
  request.set_slots(task.terms.slots);
  request.set_rejectable(task.terms.rejectable);
  return request;
}

absl::StatusOr<TrainTask> FromProto(const v1::TrainShardRequest& request) {
  if (auto status = CheckFields(request); !status.ok()) return status;
  TrainTask task = WithoutModel(request);
  auto model = FromProto(request.model(), "model");
  if (!model.ok()) return model.status();
  task.model = std::make_shared<const ModelSpec>(*std::move(model));
  task.data.labels = LabelKindOf(*task.model);
  if (auto status = SetTraining(request, task); !status.ok()) return status;
  if (auto status = SetParameters(request.parameters(), task); !status.ok()) return status;
  return task;
}

absl::Status Refer(TrainTask& task, const v1::TrainShardRequest& request,
                   SharedParameters parameters) {
  const auto precision = FromProto(request.parameters().precision(), "parameters.precision");
  if (!precision.ok()) return precision.status();
  const std::size_t expected = ParameterCount(*task.model);
  if (PrecisionOf(*parameters) != *precision || SizeOf(*parameters) != expected) {
    return FieldError("parameters.sha256",
                      absl::StrCat("is of ", SizeOf(*parameters), " ",
                                   std::string(PrecisionName(PrecisionOf(*parameters))),
                                   " parameters, but the model has ", expected, " in ",
                                   std::string(PrecisionName(*precision))));
  }
  task.parameters.values = std::move(parameters);
  return absl::OkStatus();
}

// ---- The course of an attempt

v1::TrainShardEvent AcceptedEvent(int queued_behind) {
  v1::TrainShardEvent event;
  event.mutable_accepted()->set_queued_behind(queued_behind);
  return event;
}

v1::TrainShardEvent StartedEvent(std::chrono::nanoseconds queued_for,
                                 std::chrono::nanoseconds held_up_for) {
  v1::TrainShardEvent event;
  *event.mutable_started()->mutable_queued_for() = ToProto(queued_for);
  *event.mutable_started()->mutable_held_up_for() = ToProto(held_up_for);
  return event;
}

void TellObserver(const v1::TrainShardEvent& event, AttemptObserver& observer) {
  if (event.has_accepted()) observer.OnAccepted(event.accepted().queued_behind());
  if (!event.has_started()) return;
  const auto queued_for = FromProto(event.started().queued_for(), "started.queued_for");
  const auto held_up_for = FromProto(event.started().held_up_for(), "started.held_up_for");
  observer.OnStarted(queued_for.value_or(std::chrono::nanoseconds(0)),
                     held_up_for.value_or(std::chrono::nanoseconds(0)));
}

Rejected::Reason ToProto(RejectReason reason) {
  for (const auto& [ours, theirs] : kRejectReasons) {
    if (ours == reason) return theirs;
  }
  return Rejected::REASON_UNSPECIFIED;
}

RejectReason FromProto(Rejected::Reason reason) {
  for (const auto& [ours, theirs] : kRejectReasons) {
    if (theirs == reason) return ours;
  }
  return RejectReason::kUnstated;
}

v1::TrainShardEvent RejectedEvent(RejectReason reason) {
  v1::TrainShardEvent event;
  event.mutable_rejected()->set_reason(ToProto(reason));
  return event;
}

v1::TrainShardEvent FinishedEvent(const Trained& trained, std::string_view rows_source) {
  v1::TrainShardEvent event;
  auto& finished = *event.mutable_finished();
  *finished.mutable_gradient() = TravelWhole(*trained.gradient)
                                     ? ToProto(*trained.gradient, trained.digest)
                                     : ReferenceTo(*trained.gradient, trained.digest);
  *finished.mutable_training() = ToProto(trained.training, rows_source);
  finished.set_epochs_run(trained.epochs_run);
  *finished.mutable_compute_time() = ToProto(trained.compute_time);
  *finished.mutable_load_time() = ToProto(trained.load_time);
  return event;
}

absl::StatusOr<Trained> FromProto(const v1::TrainShardEvent::Finished& finished) {
  const auto training = FromProto(finished.training(), "finished.training");
  const auto compute_time = FromProto(finished.compute_time(), "finished.compute_time");
  const auto load_time = FromProto(finished.load_time(), "finished.load_time");
  const auto precision = FromProto(finished.gradient().precision(), "finished.gradient.precision");
  absl::Status status = training.status();
  status.Update(compute_time.status());
  status.Update(load_time.status());
  status.Update(precision.status());
  if (!status.ok()) return status;
  Trained trained;
  trained.digest = finished.gradient().sha256();
  trained.training = *training;
  trained.epochs_run = finished.epochs_run();
  trained.compute_time = *compute_time;
  trained.load_time = *load_time;
  return trained;
}

}  // namespace mlp::wire
