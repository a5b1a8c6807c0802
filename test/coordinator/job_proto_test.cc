#include "services/coordinator/job_proto.h"

#include <catch2/catch.hpp>

#include "services/base/field_error.h"
#include "test/coordinator/store_fixtures.h"

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

// What does not travel.
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
  CHECK(back->spec == job.spec);
  CHECK(back->model == job.model);
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
  // Which a client could not ask for.
  for (const std::string_view policy : PolicyNames()) {
    job.spec.policy = std::string(policy);
    job.spec.slots = 2;
    job.spec.hedge_after = std::chrono::nanoseconds(0);
    CheckComesBack(job);
  }
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
