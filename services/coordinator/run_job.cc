#include "services/coordinator/run_job.h"

#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/async/task_group.h"
#include "services/base/sha256.h"
#include "services/coordinator/await_nodes.h"

namespace mlp::coordinator {
namespace {

using SharedParameters = std::shared_ptr<const Parameters>;

// Of so many parameters work takes less than some 100 microseconds, and is not worth the wait for
// a worker, who may be validating.
constexpr std::size_t kFewParameters = 20'000;

template <class Work>
async::Task<std::invoke_result_t<Work&>> WorkOn(JobWorld world, const ModelSpec& model, Work work) {
  if (ParameterCount(model) <= kFewParameters) co_return work();
  co_return co_await async::Offload(world.workers, std::move(work));
}

RoundParameters Named(SharedParameters parameters) {
  std::string sha256 = Sha256(BytesOf(*parameters));
  return {std::move(parameters), std::move(sha256)};
}

// The parameters that the job stands at.
absl::StatusOr<RoundParameters> Current(const Job& job, const JobProgress& progress) {
  if (job.rounds_done == 0) {
    return Named(std::make_shared<const Parameters>(
        InitialParameters(job.model, job.spec.precision, job.spec.initialization, job.spec.seed)));
  }
  const auto found = progress.rounds.find(job.rounds_done);
  if (found != progress.rounds.end()) return Named(found->second);
  return absl::DataLossError(absl::StrCat("the store has lost the parameters after round ",
                                          job.rounds_done, "; submit the job again"));
}

// The parameters after the round; OutOfRange where one is not finite.
absl::StatusOr<RoundParameters> Updated(const Parameters& before, const RoundResult& round,
                                        int number) {
  auto after = std::make_shared<Parameters>(before);
  round.gradients.ApplyAverageTo(*after);
  if (!AllFinite(*after)) {
    return absl::OutOfRangeError(absl::StrCat("parameters became non-finite in round ", number,
                                              "; a smaller learning rate may help"));
  }
  return Named(std::move(after));
}

std::shared_ptr<const Model> ModelOf(const Job& job, const Dataset& dataset,
                                     const RoundParameters& parameters) {
  auto model = std::make_shared<Model>();
  model->spec = job.model;
  model->parameters = *parameters.values;
  model->digest = Hex(parameters.sha256);
  model->job_id = job.id;
  model->dataset = job.spec.dataset;
  model->schema = dataset.schema;
  return model;
}

events::RoundFinished Summary(const RoundResult& result, std::chrono::nanoseconds duration) {
  events::RoundFinished finished;
  finished.training_error =
      static_cast<double>(result.wrong_rows) / static_cast<double>(result.training_rows);
  finished.training_loss = result.training_loss;
  finished.epochs_run = result.epochs_run;
  finished.duration = duration;
  return finished;
}

async::Task<> Validate(JobWorld world, const Job& job, const Dataset& dataset, int round,
                       SharedParameters parameters, std::stop_token stop) {
  const async::TimePoint begin = world.clock.Now();
  auto measure = [&job, &dataset, &parameters, &stop] {
    return Evaluate(job.model, *parameters, dataset.validation, stop);
  };
  const absl::StatusOr<Evaluation> evaluation =
      co_await async::Offload(world.workers, std::move(measure));
  if (!evaluation.ok()) co_return;  // stopped: nobody wants the measurement any more
  events::RoundValidated validated;
  validated.validation = *evaluation;
  validated.rows_source = dataset.validation_file;
  validated.duration = world.clock.Now() - begin;
  world.journal.Record(job.id, round, std::move(validated));
}

// The validations that a restart of the coordinator cut off, as far as their models are there.
async::Task<> ValidateMissing(JobWorld world, const Job& job, const Dataset& dataset,
                              const JobProgress& progress, std::stop_token stop) {
  for (const auto& [round, parameters] : progress.rounds) {
    if (round <= job.validated_round || round > job.rounds_done) continue;
    co_await Validate(world, job, dataset, round, parameters, stop);
  }
}

// The rounds themselves. Whatever it leaves running belongs to `runner` and `validations`.
async::Task<absl::StatusOr<RoundParameters>> RunRounds(JobWorld world, const Job& job,
                                                       const Dataset& dataset,
                                                       JobProgress& progress, RoundRunner& runner,
                                                       async::TaskGroup& validations,
                                                       JobStage& stage, std::stop_token stop) {
  auto begin_with = [&job, &progress] { return Current(job, progress); };
  absl::StatusOr<RoundParameters> current =
      co_await WorkOn(world, job.model, std::move(begin_with));
  if (!current.ok()) co_return current.status();
  RoundParameters parameters = *std::move(current);
  validations.Spawn(ValidateMissing(world, job, dataset, progress, stop));
  for (int round = job.rounds_done + 1; round <= job.spec.rounds; ++round) {
    const async::TimePoint begin = world.clock.Now();
    stage.round = round;
    stage.Enter(JobStage::Phase::kTraining, begin);
    KeptShards kept = std::exchange(progress.shards, {});  // of the first round only
    const absl::StatusOr<RoundResult> result =
        co_await runner.Run(round, parameters, std::move(kept), stop);
    if (!result.ok()) co_return result.status();
    auto update = [&parameters, &result, round] {
      return Updated(*parameters.values, *result, round);
    };
    absl::StatusOr<RoundParameters> updated = co_await WorkOn(world, job.model, std::move(update));
    if (!updated.ok()) co_return updated.status();
    parameters = *std::move(updated);
    world.journal.FinishRound(job.id, round, parameters.values);
    world.journal.Record(job.id, round, Summary(*result, world.clock.Now() - begin));
    stage.Enter(JobStage::Phase::kValidating, world.clock.Now());
    co_await validations.Join();  // at most one behind, so that memory stays bounded
    validations.Spawn(Validate(world, job, dataset, round, parameters.values, stop));
  }
  co_return parameters;
}

}  // namespace

async::Task<absl::StatusOr<std::shared_ptr<const Model>>> RunJob(JobWorld world, const Job& job,
                                                                 const Dataset& dataset,
                                                                 JobProgress progress,
                                                                 JobStage& stage,
                                                                 std::stop_token stop) {
  co_await AwaitNodes(world, job, stop);
  RoundRunner runner(job, dataset, world);
  stage.runner = &runner;
  async::TaskGroup validations;
  absl::StatusOr<RoundParameters> parameters =
      co_await RunRounds(world, job, dataset, progress, runner, validations, stage, stop);
  stage.Enter(JobStage::Phase::kCallingBack, world.clock.Now());
  const absl::Status finished = co_await runner.Finish();
  stage.runner = nullptr;
  stage.Enter(JobStage::Phase::kValidating, world.clock.Now());
  co_await validations.Join();
  if (!parameters.ok()) co_return parameters.status();
  if (!finished.ok()) co_return finished;
  co_return ModelOf(job, dataset, *parameters);
}

}  // namespace mlp::coordinator
