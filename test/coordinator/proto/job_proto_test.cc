#include "services/coordinator/proto/job_proto.h"

#include <google/protobuf/descriptor.h>

#include <catch2/catch.hpp>
#include <functional>

#include "services/base/field_error.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/wire/training_proto.h"
#include "test/coordinator/store/store_fixtures.h"

namespace mlp::coordinator {
namespace {

using test::At;
using test::NewJob;

// Every field that travels has another value than a new job's.
Job FullJob() {
  Job job = NewJob(7);
  job.spec.rounds = 3;
  job.spec.epochs = 4;
  job.spec.hidden_layer_sizes = {5, 6};
  job.spec.activation = Activation::kTanh;
  job.spec.precision = Precision::kFloat32;
  job.spec.learning_rate = 0.25;
  job.spec.tolerance = 0.125;
  job.spec.initialization = Initialization::kReference;
  job.spec.seed = 0;
  job.spec.max_retries = 0;
  job.spec.slots = 4;
  job.spec.hedge_after = std::chrono::seconds(2);
  job.spec.solver = Solver::kAdam;
  job.spec.batches = {.batch_size = 3,
                      .shuffle = false,
                      .momentum = 0.5,
                      .nesterov = false,
                      .beta_1 = 0.25,
                      .beta_2 = 0.75,
                      .epsilon = 0.125,
                      .alpha = 2,
                      .dropout = 0.1,
                      .clip_norm = 7,
                      .label_smoothing = 0.2,
                      .class_weights = {1, 2, 3}};
  job.spec.schedule = {Schedule::Kind::kStep, 2, 3, 0.75};
  job.spec.weighting = Weighting::kByRows;
  job.spec.server = {.kind = ServerOptions::Kind::kAdam,
                     .learning_rate = 0.3,
                     .beta_1 = 0.1,
                     .beta_2 = 0.2,
                     .epsilon = 0.4};
  job.spec.early_stopping = {4, 0.25};
  job.spec.initial_model = "job-3";
  job.scores = {2, Evaluation{90, 8, 1.25}, 1, 3};
  job.model = {{16, 5, 6, 26}, Activation::kTanh};
  job.dataset_digest = std::string(64, 'd');
  job.state = JobState::kSucceeded;
  job.detail = "why";
  job.start_time = At(1);
  job.end_time = At(2);
  job.rounds_done = 3;
  job.validation = Evaluation{90, 9, 1.5};
  job.validation_file = "validate_0.csv";
  job.statistics = {1, 2, 3, std::chrono::nanoseconds(4), std::chrono::nanoseconds(5)};
  job.model_digest = std::string(64, 'a');
  return job;
}

// Removes the fields that do not travel.
Job WithoutTheRest(Job job) {
  job.number = 0;
  job.request_id.clear();
  job.validated_round = 0;
  return job;
}

void CheckComesBack(const Job& job) {
  const absl::StatusOr<Job> back = FromProto(ToProto(job));
  INFO(back.status());
  REQUIRE(back.ok());
  CHECK(test::Text(*back) == test::Text(WithoutTheRest(job)));
  // A field that is added does not compile here before it is in FullJob and, unless it travels, in
  // WithoutTheRest and Text.
  const auto& [number, id, request_id, spec, model, shards, training_rows, dataset_digest,
               create_time, state, detail, start_time, end_time, nodes_up, rounds_done,
               validated_round, validation, validation_file, scores, statistics, model_digest] =
      *back;
  CHECK(spec == job.spec);
  CHECK(model == job.model);
  CHECK(scores.best_round == job.scores.best_round);
  CHECK(scores.best.wrong_rows == job.scores.best.wrong_rows);
  CHECK(scores.improved_round == job.scores.improved_round);
  CHECK(scores.exhausted_round == job.scores.exhausted_round);
}

std::string FieldAtFault(const v1::Job& proto) {
  const absl::StatusOr<Job> job = FromProto(proto);
  REQUIRE_FALSE(job.ok());
  return FieldOf(job.status()).value_or("none");
}

TEST_CASE("A job comes back from its message as it was", "[job_proto]") {
  CheckComesBack(FullJob());
  CheckComesBack(NewJob(1));
}

TEST_CASE("A specification comes back with nothing filled in", "[job_proto]") {
  Job job = NewJob(1);
  job.spec.hedge_after.reset();
  CheckComesBack(job);
  job.spec.hidden_layer_sizes.clear();
  job.model.layer_sizes = {16, 26};
  CheckComesBack(job);
  // The message can state slots and hedging for any policy, which no client could ask for.
  for (const std::string_view policy : PolicyNames()) {
    job.spec.policy = std::string(policy);
    job.spec.slots = 2;
    job.spec.hedge_after = std::chrono::nanoseconds(0);
    CheckComesBack(job);
  }
}

TEST_CASE("Every schedule and server optimizer comes back", "[job_proto]") {
  Job job = FullJob();
  for (const auto kind : {Schedule::Kind::kConstant, Schedule::Kind::kCosine}) {
    job.spec.schedule = {.kind = kind, .warm_up_rounds = 1};
    CheckComesBack(job);
  }
  for (const auto kind : {ServerOptions::Kind::kAverage, ServerOptions::Kind::kMomentum}) {
    job.spec.server = {.kind = kind};
    CheckComesBack(job);
  }
  job.spec.solver = Solver::kSgd;
  job.spec.batches.class_weights.clear();
  job.spec.balanced_classes = true;
  CheckComesBack(job);
}

TEST_CASE("Every solver has a name and a value of the protocol", "[job_proto]") {
  CHECK(kSolvers.size() == static_cast<std::size_t>(v1::Solver_descriptor()->value_count()) - 1);
  for (const Solver solver : kSolvers) {
    INFO(SolverName(solver));
    CHECK(wire::FromProto(wire::ToProto(solver), "spec.solver").value() == solver);
    CHECK(ParseSolver(SolverName(solver)).value() == solver);
  }
  CHECK(ParseSolver("lbfgs").status().message() ==
        "unknown solver 'lbfgs': there are descent, sgd, adam");
}

TEST_CASE("Jobs that are trained in batches have scikit-learn's defaults", "[job_proto]") {
  v1::JobSpec proto;
  proto.set_dataset("x");
  proto.set_solver(v1::SOLVER_ADAM);
  const JobSpec spec = FromProto(proto, "pull").value();
  CHECK(spec.rounds == 200);
  CHECK(spec.epochs == 1);
  CHECK(spec.hidden_layer_sizes == std::vector<std::size_t>{100});
  CHECK(spec.learning_rate == 1e-3);
  CHECK(spec.batches == BatchOptions{});
  CHECK(CheckJobSpec(spec).ok());
}

TEST_CASE("Training options that do not fit each other are refused by field", "[job_proto]") {
  const auto at_fault = [](const std::function<void(v1::JobSpec&)>& change) {
    v1::JobSpec proto;
    proto.set_dataset("x");
    change(proto);
    const absl::StatusOr<JobSpec> spec = FromProto(proto, "pull");
    const absl::Status status = spec.ok() ? CheckJobSpec(*spec) : spec.status();
    return FieldOf(status).value_or("none");
  };
  CHECK(at_fault([](auto&) {}) == "none");
  CHECK(at_fault([](auto& p) { p.mutable_batches()->set_dropout(0.5); }) == "spec.batches");
  const auto adam = [&](const std::function<void(v1::JobSpec&)>& change) {
    return at_fault([&](v1::JobSpec& proto) {
      proto.set_solver(v1::SOLVER_ADAM);
      change(proto);
    });
  };
  CHECK(adam([](auto& p) { p.mutable_batches()->set_dropout(1); }) == "spec.batches.dropout");
  CHECK(adam([](auto& p) { p.mutable_batches()->set_batch_size(0); }) == "spec.batches.batch_size");
  CHECK(adam([](auto& p) { p.set_solver(static_cast<v1::Solver>(9)); }) == "spec.solver");
  CHECK(at_fault([](auto& p) { p.set_class_weight(v1::CLASS_WEIGHT_BALANCED); }) ==
        "spec.class_weight");
  CHECK(at_fault([](auto& p) { p.set_schedule_factor(0.5); }) == "spec.schedule_factor");
  CHECK(at_fault([](auto& p) { p.set_warm_up_rounds(INT32_MIN); }) == "spec.warm_up_rounds");
  CHECK(at_fault([](auto& p) { p.set_warm_up_rounds(31); }) == "spec.warm_up_rounds");
  CHECK(at_fault([](auto& p) { p.set_warm_up_rounds(30); }) == "none");
  CHECK(adam([](auto& p) {
          p.set_schedule(v1::SCHEDULE_STEP);
          p.set_schedule_rounds(0);
        }) == "spec.schedule_rounds");
  CHECK(adam([](auto& p) {
          p.set_schedule(v1::SCHEDULE_STEP);
          p.set_schedule_rounds(1);
          p.set_rounds(2000);
        }) == "spec.schedule_factor");
  CHECK(adam([](auto& p) {
          p.set_precision(v1::PRECISION_FLOAT32);
          p.mutable_batches()->set_epsilon(1e-46);
        }) == "spec.batches.epsilon");
  CHECK(at_fault([](auto& p) { p.set_server_momentum(0.5); }) == "spec.server_momentum");
  CHECK(at_fault([](auto& p) { p.set_server_learning_rate(1); }) == "spec.server_learning_rate");
  CHECK(at_fault([](auto& p) { p.set_server_epsilon(1); }) == "spec.server_epsilon");
  CHECK(at_fault([](auto& p) { p.set_patience(3); }) == "spec.patience");
  CHECK(at_fault([](auto& p) {
          p.set_early_stopping(true);
          p.set_patience(0);
        }) == "spec.patience");
}

TEST_CASE("A job comes back in every state", "[job_proto]") {
  Job job = NewJob(1);
  for (const JobState state : {JobState::kPending, JobState::kRunning, JobState::kSucceeded,
                               JobState::kFailed, JobState::kCancelled}) {
    job.state = state;
    CheckComesBack(job);
  }
}

TEST_CASE("A job that no coordinator writes is refused with the field", "[job_proto]") {
  const v1::Job good = ToProto(FullJob());
  v1::Job job = good;
  job.set_state(v1::JOB_STATE_UNSPECIFIED);
  CHECK(FieldAtFault(job) == "state");
  job.set_state(static_cast<v1::JobState>(77));
  CHECK(FieldAtFault(job) == "state");
  job = good;
  job.mutable_spec()->set_rounds(0);
  CHECK(FieldAtFault(job) == "spec.rounds");
  job = good;
  job.mutable_spec()->set_policy(static_cast<v1::Policy>(77));
  CHECK(FieldAtFault(job) == "spec.policy");
  job = good;
  job.mutable_model()->clear_layer_sizes();
  CHECK(FieldAtFault(job) == "model.layer_sizes");
  job = good;
  job.set_shards(-1);
  CHECK(FieldAtFault(job) == "shards");
  job = good;
  job.mutable_end_time()->set_nanos(-1);
  CHECK(FieldAtFault(job) == "end_time");
  job = good;
  job.mutable_validation()->set_rows(0);
  CHECK(FieldAtFault(job) == "validation.rows");
  job = good;
  job.mutable_statistics()->mutable_compute_time()->set_seconds(-1);
  CHECK(FieldAtFault(job) == "statistics.compute_time");
}

}  // namespace
}  // namespace mlp::coordinator
