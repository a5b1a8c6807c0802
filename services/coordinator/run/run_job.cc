#include "services/coordinator/run/run_job.h"

#include <map>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/train/training.h"
#include "services/async/task_group.h"
#include "services/base/out_of_memory.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/best_round.h"
#include "services/coordinator/job/dataset.h"
#include "services/coordinator/job/model.h"
#include "services/coordinator/job/server_optimizer.h"
#include "services/coordinator/run/await_nodes.h"
#include "services/coordinator/run/run_round.h"

namespace mlp::coordinator {
namespace {

// The number of parameters up to which work takes less than some 100 microseconds: it is not worth
// the wait for a worker, which may be validating.
constexpr std::size_t kFewParameters = 20'000;

template <class Work>
async::Task<std::invoke_result_t<Work&>> WorkOn(JobWorld world, const ModelSpec& model, Work work) {
  if (ParameterCount(model) <= kFewParameters) co_return work();
  auto within = WithinMemory("the job's parameters on the coordinator", std::move(work));
  co_return co_await async::Offload(world.workers, std::move(within));
}

RoundParameters Named(SharedParameters parameters) {
  std::string sha256 = Sha256(BytesOf(*parameters));
  return {std::move(parameters), std::move(sha256)};
}

// The state that a round begins with and changes.
struct RoundState {
  RoundParameters parameters;
  Parameters memory;        // the server's optimizer's
  SharedParameters stored;  // both, as the store keeps them: the parameters, then the memory
};

RoundState StateOf(RoundParameters parameters, Parameters memory) {
  SharedParameters stored =
      SizeOf(memory) == 0 ? parameters.values : Share(Joined(*parameters.values, memory));
  return {std::move(parameters), std::move(memory), std::move(stored)};
}

SharedParameters ParametersIn(const Job& job, const SharedParameters& stored) {
  const std::size_t size = ParameterCount(job.model);
  if (SizeOf(*stored) == size) return stored;
  return Share(Part(*stored, 0, size));
}

RoundState StateIn(const Job& job, const SharedParameters& stored) {
  const std::size_t size = ParameterCount(job.model);
  const std::size_t memory = size * ServerMemory(job.spec.server);
  const bool has_memory = SizeOf(*stored) == size + memory;
  return StateOf(
      Named(ParametersIn(job, stored)),
      has_memory ? Part(*stored, size, memory) : ZeroParameters(PrecisionOf(*stored), memory));
}

// Returns the state that the job stands at.
absl::StatusOr<RoundState> Current(const Job& job, const JobProgress& progress) {
  const auto found = progress.rounds.find(job.rounds_done);
  if (found != progress.rounds.end()) return StateIn(job, found->second);
  if (job.rounds_done == 0 && job.spec.initial_model.empty()) {
    return StateIn(job, Share(InitialParameters(job.model, job.spec.precision,
                                                job.spec.initialization, job.spec.seed)));
  }
  return absl::DataLossError(absl::StrCat("the store has lost the parameters after round ",
                                          job.rounds_done, "; submit the job again"));
}

// Returns the state after the round; OutOfRange if a parameter is not finite.
absl::StatusOr<RoundState> Updated(const Job& job, RoundState state, const RoundResult& round,
                                   int number) {
  auto after = std::make_shared<Parameters>(*state.parameters.values);
  if (job.spec.server.kind == ServerOptions::Kind::kAverage) {
    round.gradients.ApplyAverageTo(*after);
  } else {
    Parameters average = ZeroParameters(PrecisionOf(*after), SizeOf(*after));
    round.gradients.ApplyAverageTo(average);
    ServerStep(job.spec.server, average, state.memory, *after);
  }
  if (!AllFinite(*after)) {
    return absl::OutOfRangeError(absl::StrCat("parameters became non-finite in round ", number));
  }
  return StateOf(Named(std::move(after)), std::move(state.memory));
}

std::shared_ptr<const Model> ModelOf(const Job& job, const Dataset& dataset,
                                     const RoundParameters& parameters) {
  auto model = std::make_shared<Model>();
  model->spec = job.model;
  model->parameters = parameters.values;
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
                       SharedParameters parameters, BestRound& best, std::stop_token stop) {
  const async::TimePoint begin = world.clock.Now();
  auto measure =
      WithinMemory("the validation on the coordinator", [&job, &dataset, &parameters, &stop] {
        return Evaluate(job.model, *parameters, dataset.validation, stop);
      });
  const absl::StatusOr<Evaluation> evaluation =
      co_await async::Offload(world.workers, std::move(measure));
  if (!evaluation.ok()) {
    // Nobody wants the measurement any more after a stop.
    if (!stop.stop_requested()) best.Failed(round, evaluation.status());
    co_return;
  }
  best.Validated(round, *evaluation);
  events::RoundValidated validated;
  validated.validation = *evaluation;
  validated.rows_source = dataset.validation_file;
  validated.duration = world.clock.Now() - begin;
  world.journal.Record(job.id, round, std::move(validated));
}

// Makes up for the validations that a restart of the coordinator cut off, as far as their models
// are there.
async::Task<> ValidateMissing(JobWorld world, const Job& job, const Dataset& dataset,
                              const JobProgress& progress, BestRound& best, std::stop_token stop) {
  for (const auto& [round, stored] : progress.rounds) {
    if (round <= job.validated_round || round > job.rounds_done) continue;
    co_await Validate(world, job, dataset, round, ParametersIn(job, stored), best, stop);
  }
}

// Returns the rounds that the job may end with, as far as they were kept.
std::map<int, SharedParameters> CandidatesIn(const Job& job, const JobProgress& progress) {
  std::map<int, SharedParameters> candidates;
  for (const auto& [round, stored] : progress.rounds) {
    if (round > 0 && job.spec.early_stopping) candidates[round] = ParametersIn(job, stored);
  }
  return candidates;
}

// Returns the model of a job that stops early, when all its rounds are validated.
absl::StatusOr<RoundParameters> OfBest(const BestRound& best, const RoundParameters& last) {
  if (best.round() == 0) return last;
  SharedParameters parameters = best.parameters();
  if (parameters != nullptr) return Named(std::move(parameters));
  return absl::DataLossError(absl::StrCat("the store has lost the parameters after round ",
                                          best.round(), ", the best one; submit the job again"));
}

// Runs the rounds themselves. All that it leaves running belongs to `runner` and `validations`.
async::Task<absl::StatusOr<RoundParameters>> RunRounds(JobWorld world, const Job& job,
                                                       const Dataset& dataset,
                                                       JobProgress& progress, RoundRunner& runner,
                                                       BestRound& best,
                                                       async::TaskGroup& validations,
                                                       JobStage& stage, std::stop_token stop) {
  auto begin_with = [&job, &progress] { return Current(job, progress); };
  absl::StatusOr<RoundState> current = co_await WorkOn(world, job.model, std::move(begin_with));
  if (!current.ok()) co_return current.status();
  RoundState state = *std::move(current);
  validations.Spawn(ValidateMissing(world, job, dataset, progress, best, stop));
  if (job.spec.early_stopping) co_await validations.Join();
  for (int round = job.rounds_done + 1; round <= job.spec.rounds && !best.StopsBefore(round);
       ++round) {
    const async::TimePoint begin = world.clock.Now();
    stage.round = round;
    stage.Enter(JobStage::Phase::kTraining, begin);
    RestoredShards kept = std::exchange(progress.shards, {});  // only the first round has some
    const absl::StatusOr<RoundResult> result =
        co_await runner.Run(round, state.parameters, std::move(kept), stop);
    if (!result.ok()) co_return result.status();
    auto update = [&job, &state, &result, round] {
      return Updated(job, std::move(state), *result, round);
    };
    absl::StatusOr<RoundState> updated = co_await WorkOn(world, job.model, std::move(update));
    if (!updated.ok()) co_return runner.NotFinite(std::string(updated.status().message()));
    state = *std::move(updated);
    world.journal.FinishRound(job.id, round, state.stored, best.round() > 0 ? best.round() : -1);
    world.journal.Record(job.id, round, Summary(*result, world.clock.Now() - begin));
    stage.Enter(JobStage::Phase::kValidating, world.clock.Now());
    co_await validations.Join();  // it is at most one behind, so memory stays bounded
    if (!best.failure().ok()) co_return best.failure();
    progress.rounds.clear();  // the missing ones are validated
    best.Finished(round, state.parameters.values);
    validations.Spawn(Validate(world, job, dataset, round, state.parameters.values, best, stop));
  }
  if (!job.spec.early_stopping) co_return state.parameters;
  stage.Enter(JobStage::Phase::kValidating, world.clock.Now());
  stage.runner = nullptr;  // the job waits for the last model
  co_await validations.Join();
  stage.runner = &runner;
  if (stop.stop_requested()) co_return absl::CancelledError("stopped on request");
  auto choose = [&best, &state] { return OfBest(best, state.parameters); };
  co_return co_await WorkOn(world, job.model, std::move(choose));
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
  BestRound best(job, CandidatesIn(job, progress));
  async::TaskGroup validations;
  absl::StatusOr<RoundParameters> parameters =
      co_await RunRounds(world, job, dataset, progress, runner, best, validations, stage, stop);
  stage.Enter(JobStage::Phase::kCancelling, world.clock.Now());
  const absl::Status finished = co_await runner.Finish();
  stage.runner = nullptr;
  stage.Enter(JobStage::Phase::kValidating, world.clock.Now());
  co_await validations.Join();
  if (!parameters.ok()) co_return parameters.status();
  if (!best.failure().ok()) co_return best.failure();
  if (!finished.ok()) co_return finished;
  co_return ModelOf(job, dataset, *parameters);
}

}  // namespace mlp::coordinator
