#include "services/wire/train_shard_proto.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libmlp/model/initialization.h"
#include "libmlp/model/parameters.h"
#include "services/attempt/trained.h"
#include "services/base/sha256.h"
#include "services/wire/parameters_proto.h"

namespace mlp {
namespace {

using namespace std::chrono_literals;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using wire::SendParameters;

// Checks that every field, also of the messages in it, has another value than when it is left out:
// whoever adds a field to the protocol must set it in the converters, too.
void CheckEveryFieldIsSet(const Message& message) {
  const auto& fields = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < fields.field_count(); ++i) {
    const FieldDescriptor* field = fields.field(i);
    INFO(field->full_name());
    if (field->is_repeated()) {
      CHECK(reflection.FieldSize(message, field) > 0);
      continue;
    }
    CHECK(reflection.HasField(message, field));
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      CheckEveryFieldIsSet(reflection.GetMessage(message, field));
    }
  }
}

RoundParameters Starting(const ModelSpec& model) {
  const auto values =
      Share(InitialParameters(model, Precision::kFloat32, Initialization::kReference, 1));
  return {values, Sha256(BytesOf(*values))};
}

TrainTask TaskFor(ModelSpec model) {
  TrainTask task;
  task.job_id = "job-7";
  task.round = 3;
  task.shard = 4;
  task.offer = 2;
  task.terms = {.slots = 5, .rejectable = true};
  task.data = {"letters", "train_letters5.txt", std::string(32, 'x'), LabelKindOf(model)};
  task.parameters = Starting(model);
  task.model = std::make_shared<const ModelSpec>(std::move(model));
  task.training.epochs = 6;
  task.training.learning_rate = 0.25;
  task.training.tolerance = 0.5;
  return task;
}

// A task with a value of its own in every field.
TrainTask FullTask() {
  TrainTask task = TaskFor(ModelSpec{{2, 3, 2}, Activation::kTanh});
  task.training.solver = Solver::kAdam;
  task.training.batches = {.batch_size = 7,
                           .shuffle = false,
                           .momentum = 0.8,
                           .nesterov = false,
                           .beta_1 = 0.7,
                           .beta_2 = 0.95,
                           .epsilon = 1e-7,
                           .alpha = 1e-3,
                           .dropout = 0.125,
                           .clip_norm = 5,
                           .label_smoothing = 0.0625,
                           .class_weights = {1, 2}};
  task.training.key = {.seed = 9, .round = task.round, .shard = task.shard};
  return task;
}

// A field that is added to one of these structures does not compile here before it is compared.
void CheckSame(const ShardReference& came, const ShardReference& sent) {
  const auto& [dataset, file, sha256, labels] = came;
  CHECK(dataset == sent.dataset);
  CHECK(file == sent.file);
  CHECK(sha256 == sent.sha256);
  CHECK(labels == sent.labels);
}

void CheckSame(const TrainTask& came, const TrainTask& sent) {
  const auto& [job_id, round, shard, offer, terms, data, model, parameters, training] = came;
  CHECK(job_id == sent.job_id);
  CHECK(round == sent.round);
  CHECK(shard == sent.shard);
  CHECK(offer == sent.offer);
  CHECK(terms == sent.terms);
  CheckSame(data, sent.data);
  CHECK(*model == *sent.model);
  const auto& [values, sha256] = parameters;
  REQUIRE(values != nullptr);
  CHECK(*values == *sent.parameters.values);
  CHECK(sha256 == sent.parameters.sha256);
  CHECK(training == sent.training);
}

Trained FullResult() {
  Trained trained;
  trained.gradient = Share(Vector<double>{1, -2, 0.5});
  trained.digest = Sha256(BytesOf(*trained.gradient));
  trained.training = {.rows = 10, .wrong_rows = 3, .loss = 0.5, .total_squares = 2};
  trained.epochs_run = 6;
  trained.compute_time = 2500ms;
  trained.load_time = 1500ms;
  return trained;
}

struct Heard final : AttemptObserver {
  void OnAccepted(int behind) override { queued_behind = behind; }
  void OnStarted(std::chrono::nanoseconds queued, std::chrono::nanoseconds held_up) override {
    queued_for = queued;
    held_up_for = held_up;
  }

  int queued_behind = -1;
  std::chrono::nanoseconds queued_for{-1};
  std::chrono::nanoseconds held_up_for{-1};
};

}  // namespace

TEST_CASE("a task travels with every field of it, and every field of the message is used") {
  TrainTask task = FullTask();
  const v1::TrainShardRequest request = wire::ToProto(task, SendParameters::kWithTask);
  CheckEveryFieldIsSet(request);
  CheckSame(wire::FromProto(request).value(), task);

  task.terms.rejectable = false;
  CheckSame(wire::FromProto(wire::ToProto(task, SendParameters::kWithTask)).value(), task);
}

TEST_CASE("a task of a regression, by gradient descent, travels with every field of it") {
  TrainTask task = TaskFor(ModelSpec{{2, 3, 1}, Activation::kTanh, Output::kIdentity});
  REQUIRE(task.data.labels == LabelKind::kNumber);
  // Descent draws nothing, so it is sent no seed.
  task.training.key = {.seed = 0, .round = task.round, .shard = task.shard};
  const v1::TrainShardRequest request = wire::ToProto(task, SendParameters::kWithTask);
  CHECK_FALSE(request.has_batches());
  CheckSame(wire::FromProto(request).value(), task);
}

TEST_CASE("a task may refer to parameters that go before it") {
  const TrainTask task = FullTask();
  const v1::TrainShardRequest request = wire::ToProto(task, SendParameters::kBefore);
  CHECK(request.parameters().data().empty());
  TrainTask came = wire::FromProto(request).value();
  CHECK(came.parameters.values == nullptr);
  CHECK(came.parameters.sha256 == task.parameters.sha256);

  const auto others = Starting(ModelSpec{{2, 4, 2}, Activation::kTanh}).values;
  CHECK(absl::IsInvalidArgument(wire::Refer(came, request, others)));
  CHECK(wire::Refer(came, request, task.parameters.values).ok());
  CheckSame(came, task);
}

TEST_CASE("what is told of an attempt travels, and every field of the message is used") {
  v1::TrainShardEvent all = wire::AcceptedEvent(3);
  all.MergeFrom(wire::StartedEvent(1500ms, 2500ms));
  all.MergeFrom(wire::RejectedEvent(RejectReason::kBusy));
  all.MergeFrom(wire::FinishedEvent(FullResult(), "train_1.txt"));
  all.set_gradient_data("a piece");
  CheckEveryFieldIsSet(all);

  Heard heard;
  wire::TellObserver(all, heard);
  CHECK(heard.queued_behind == 3);
  CHECK(heard.queued_for == 1500ms);
  CHECK(heard.held_up_for == 2500ms);
}

TEST_CASE("a result travels with every field of it") {
  const Trained sent = FullResult();
  const v1::TrainShardEvent event = wire::FinishedEvent(sent, "train_1.txt");
  CHECK(event.finished().training().rows_source() == "train_1.txt");
  CHECK(event.finished().gradient().data().size() == BytesOf(*sent.gradient).size());
  const Trained came = wire::FromProto(event.finished()).value();
  CHECK(came.digest == sent.digest);
  CHECK(came.training.rows == sent.training.rows);
  CHECK(came.training.wrong_rows == sent.training.wrong_rows);
  CHECK(came.training.loss == sent.training.loss);
  CHECK(came.training.total_squares == sent.training.total_squares);
  CHECK(came.epochs_run == sent.epochs_run);
  CHECK(came.compute_time == sent.compute_time);
  CHECK(came.load_time == sent.load_time);
}

TEST_CASE("a result without times or precision is refused") {
  v1::TrainShardEvent event = wire::FinishedEvent(FullResult(), "train_1.txt");
  SECTION("no precision") { event.mutable_finished()->mutable_gradient()->clear_precision(); }
  SECTION("a negative time") { event.mutable_finished()->mutable_load_time()->set_seconds(-1); }
  CHECK(absl::IsInvalidArgument(wire::FromProto(event.finished()).status()));
}

TEST_CASE("every reason of the protocol for a rejection is one of ours, and the other way round") {
  using Rejected = v1::TrainShardEvent::Rejected;
  const auto& reasons = *Rejected::Reason_descriptor();
  for (int i = 0; i < reasons.value_count(); ++i) {
    const auto reason = static_cast<Rejected::Reason>(reasons.value(i)->number());
    INFO(reasons.value(i)->name());
    CHECK(wire::ToProto(wire::FromProto(reason)) == reason);
  }
  for (const RejectReason reason :
       {RejectReason::kUnstated, RejectReason::kBusy, RejectReason::kLoad,
        RejectReason::kShuttingDown, RejectReason::kParametersUnknown}) {
    CHECK(wire::FromProto(wire::ToProto(reason)) == reason);
  }
  CHECK(wire::FromProto(static_cast<Rejected::Reason>(77)) == RejectReason::kUnstated);
}

TEST_CASE("the words for a rejection are those that recorded jobs have") {
  CHECK(ReasonText(RejectReason::kBusy) == std::string("busy"));
  CHECK(ReasonText(RejectReason::kLoad) == std::string("injected load"));
  CHECK(ReasonText(RejectReason::kShuttingDown) == std::string("shutting down"));
  CHECK(ReasonText(RejectReason::kUnstated) == std::string("no reason given"));
}

}  // namespace mlp
