// The models that jobs begin and end with, and jobs that do not fit theirs, in virtual time.

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>

#include "libmlp/train/training.h"
#include "services/base/field_error.h"
#include "services/coordinator/job/dataset.h"
#include "services/coordinator/job/model.h"
#include "test/coordinator/run/restarts.h"

using namespace mlp;
using namespace mlp::coordinator;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("the model of the best round is what was measured best") {
  World world;
  std::string id;
  Job job;
  {
    Life life = world.Start();
    id = life.Create(TinyData::JobWithEverything())->value().id;
    job = life.Finish(id);
  }
  const auto model = world.store.GetModel(id).value();
  const auto measured =
      Evaluate(model->spec, *model->parameters, TinyData::Dataset().value()->validation);
  CHECK(measured->wrong_rows == job.scores.best.wrong_rows);
  CHECK(measured->loss == job.scores.best.loss);
}

TEST_CASE(
    "a job that begins with another's model goes on from it, also after a restart and its "
    "removal") {
  const auto train_on = [](bool crash) {
    World world;
    JobSpec spec = TinyData::Job();
    spec.rounds = 2;
    std::string second_id;
    {
      Life life = world.Start();
      const std::string id = life.Create(spec)->value().id;
      REQUIRE(life.Finish(id).state == JobState::kSucceeded);
      spec.initial_model = id;
      second_id = life.Create(spec)->value().id;
      if (!crash) return life.Finish(second_id).model_digest;
      life.Crash();
    }
    Life life = world.Start();
    return life.Finish(second_id).model_digest;
  };
  JobSpec four = TinyData::Job();
  REQUIRE(four.rounds == 4);
  CHECK(train_on(false) == PlainDigest());
  CHECK(train_on(true) == PlainDigest());
}

TEST_CASE("validation rows beyond what the model can take fail the job and say so") {
  World world;
  world.load = [](const std::string&) -> absl::StatusOr<std::shared_ptr<const Dataset>> {
    auto dataset = std::make_shared<Dataset>(**TinyData::Dataset());
    dataset->validation.features(0, 0) = 1e39;  // infinite in float32
    return std::shared_ptr<const Dataset>(std::move(dataset));
  };
  Life life = world.Start();
  JobSpec spec = TinyData::Job();
  spec.precision = Precision::kFloat32;
  const Job job = life.Finish(life.Create(spec)->value().id);
  CHECK(job.state == JobState::kFailed);
  CHECK_THAT(job.detail, Contains("validating round 1") && Contains("not finite"));
}

TEST_CASE("class weights that do not fit the data's classes are refused by field") {
  World world;
  Life life = world.Start();
  JobSpec spec = TinyData::JobWithEverything();
  spec.balanced_classes = false;
  spec.batches.class_weights = {1, 2};
  const auto refused = life.Create(spec);
  CHECK(FieldOf(refused->status()) == "spec.batches.class_weights");
  CHECK_THAT(std::string(refused->status().message()), Contains("the data has 3 classes"));
}

TEST_CASE("a job whose initial model does not exist or fit is refused by field") {
  World world;
  Life life = world.Start();
  JobSpec spec = TinyData::Job();
  spec.initial_model = "job-9";
  auto refused = life.Create(spec);
  CHECK(FieldOf(refused->status()) == "spec.initial_model");
  CHECK(refused->status().code() == absl::StatusCode::kNotFound);
  const std::string id = life.Create(TinyData::Job())->value().id;
  REQUIRE(life.Finish(id).state == JobState::kSucceeded);
  spec.initial_model = id;
  spec.hidden_layer_sizes = {5};
  refused = life.Create(spec);
  CHECK(FieldOf(refused->status()) == "spec.initial_model");
  CHECK_THAT(std::string(refused->status().message()),
             Contains("has the layers 2-") && Contains("this job's model has 2-5-3, "));
}
