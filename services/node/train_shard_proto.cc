#include "services/node/train_shard_proto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/wire/enum_proto.h"
#include "services/wire/model_proto.h"
#include "services/wire/parameter_pieces.h"
#include "services/wire/parameters_proto.h"
#include "services/wire/time_proto.h"
#include "services/wire/training_proto.h"

namespace mlp::node {
namespace {

constexpr std::size_t kMaxJobIdLength = 64;
constexpr std::size_t kMaxNameLength = 255;
constexpr std::size_t kDigestBytes = 32;
constexpr std::int64_t kMaxEpochs = 1'000'000;
constexpr std::int64_t kMaxSlots = 1000;
constexpr std::int64_t kMaxNumber = std::numeric_limits<std::int32_t>::max();

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

// All but shape and parameters, which are checked as they are converted.
absl::Status CheckFields(const v1::TrainShardRequest& request) {
  if (auto status = CheckKey(request); !status.ok()) return status;
  if (auto status = CheckPresent(request); !status.ok()) return status;
  if (auto status = CheckData(request.data()); !status.ok()) return status;
  return CheckOptions(request);
}

absl::Status SetTraining(const v1::TrainShardRequest& request, TaskRequest& task) {
  const auto solver = wire::FromProto(request.solver(), "solver");
  if (!solver.ok()) return solver.status();
  task.options.solver = *solver;
  task.options.batches = wire::FromProto(request.batches());
  task.options.key = {request.seed(), request.round(), request.shard()};
  const std::size_t classes = task.model.regression() ? 0 : task.model.classes();
  return BelowField("", CheckTrainingOptions(task.options, classes));
}

TaskRequest WithoutModel(const v1::TrainShardRequest& request) {
  TaskRequest task;
  task.job_id = request.job_id();
  task.round = request.round();
  task.shard = request.shard();
  task.offer = request.offer();
  task.data = {request.data().dataset(), request.data().file(), request.data().sha256(),
               LabelKind::kClass};
  task.options.epochs = request.epochs();
  task.options.learning_rate = request.learning_rate();
  task.options.tolerance = request.tolerance();
  task.slots = request.slots();
  task.rejectable = request.rejectable();
  return task;
}

v1::TrainShardEvent::Rejected::Reason ReasonOf(Rejection rejection) {
  using Rejected = v1::TrainShardEvent::Rejected;
  switch (rejection) {
    case Rejection::kBusy:
      return Rejected::REASON_BUSY;
    case Rejection::kLoad:
      return Rejected::REASON_LOAD;
    case Rejection::kShuttingDown:
      return Rejected::REASON_SHUTTING_DOWN;
  }
  return Rejected::REASON_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<TaskRequest> FromProto(const v1::TrainShardRequest& request) {
  if (auto status = CheckFields(request); !status.ok()) return status;
  TaskRequest task = WithoutModel(request);
  auto model = wire::FromProto(request.model(), "model");
  if (!model.ok()) return model.status();
  task.model = *std::move(model);
  if (auto status = SetTraining(request, task); !status.ok()) return status;
  task.data.labels = LabelKindOf(task.model);
  task.parameters_sha256 = request.parameters().sha256();
  if (request.parameters().data().empty()) {
    const auto status = wire::CheckReference(request.parameters(), "parameters");
    if (!status.ok()) return status;
    return task;
  }
  auto parameters = wire::FromProto(request.parameters(), task.model, "parameters");
  if (!parameters.ok()) return parameters.status();
  task.parameters = std::make_shared<const Parameters>(*std::move(parameters));
  return task;
}

absl::Status Refer(TaskRequest& task, const v1::TrainShardRequest& request,
                   std::shared_ptr<const Parameters> parameters) {
  const auto precision = wire::FromProto(request.parameters().precision(), "parameters.precision");
  if (!precision.ok()) return precision.status();
  if (PrecisionOf(*parameters) != *precision || SizeOf(*parameters) != ParameterCount(task.model)) {
    return FieldError("parameters.sha256",
                      absl::StrCat("is of ", SizeOf(*parameters), " ",
                                   std::string(PrecisionName(PrecisionOf(*parameters))),
                                   " parameters, but the model has ", ParameterCount(task.model),
                                   " in ", std::string(PrecisionName(*precision))));
  }
  task.parameters = std::move(parameters);
  return absl::OkStatus();
}

v1::TrainShardEvent AcceptedEvent(std::size_t queued_behind) {
  v1::TrainShardEvent event;
  event.mutable_accepted()->set_queued_behind(static_cast<std::int32_t>(queued_behind));
  return event;
}

v1::TrainShardEvent StartedEvent(std::chrono::nanoseconds queued_for,
                                 std::chrono::nanoseconds held_up_for) {
  v1::TrainShardEvent event;
  *event.mutable_started()->mutable_queued_for() = wire::ToProto(queued_for);
  *event.mutable_started()->mutable_held_up_for() = wire::ToProto(held_up_for);
  return event;
}

v1::TrainShardEvent RejectedEvent(Rejection rejection) {
  v1::TrainShardEvent event;
  event.mutable_rejected()->set_reason(ReasonOf(rejection));
  return event;
}

v1::TrainShardEvent ParametersUnknownEvent() {
  v1::TrainShardEvent event;
  event.mutable_rejected()->set_reason(v1::TrainShardEvent::Rejected::REASON_PARAMETERS_UNKNOWN);
  return event;
}

v1::TrainShardEvent FinishedEvent(const TaskResult& result, std::string_view rows_source) {
  v1::TrainShardEvent event;
  auto& finished = *event.mutable_finished();
  const Parameters& gradient = result.training.gradient;
  *finished.mutable_gradient() =
      wire::TravelWhole(gradient) ? wire::ToProto(gradient) : wire::ReferenceTo(gradient);
  *finished.mutable_training() = wire::ToProto(result.training.training, rows_source);
  finished.set_epochs_run(result.training.epochs_run);
  *finished.mutable_compute_time() = wire::ToProto(result.compute_time);
  *finished.mutable_load_time() = wire::ToProto(result.load_time);
  return event;
}

}  // namespace mlp::node
