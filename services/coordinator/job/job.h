// A training job: its specification, its state, its figures.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "libmlp/model/model_spec.h"
#include "libmlp/train/evaluation.h"
#include "services/coordinator/job/job_event.h"
#include "services/coordinator/job/job_spec.h"

namespace mlp::coordinator {

// The rounds' scores on the validation rows so far: accuracy, or R^2 in regression.
struct Scores {
  int best_round = 0;  // the first with the best score; 0: none is validated
  Evaluation best;     // that round's measurement
  // Early stopping: the last round that was better by min_improvement, and the round whose
  // validation used up the patience, 0 if none has.
  int improved_round = 0;
  int exhausted_round = 0;
};

// Notes the validation of a round. Rounds are noted in their order.
void Note(Scores& scores, const JobSpec& spec, const ModelSpec& model, int round,
          const Evaluation& validation);

struct JobStatistics {
  std::int64_t attempts = 0;
  std::int64_t rejections = 0;
  std::int64_t failures = 0;
  std::chrono::nanoseconds compute_time{};
  std::chrono::nanoseconds held_up_time{};
};

struct Job {
  using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

  std::int64_t number = 0;  // 1, 2, 3 … within a coordinator
  std::string id;           // "job-<number>"
  std::string request_id;
  JobSpec spec;
  ModelSpec model;
  std::size_t shards = 0;
  std::size_t training_rows = 0;
  std::string dataset_digest;  // Dataset::digest()
  TimePoint create_time;

  // The fields that are folded from the events.
  JobState state = JobState::kPending;
  std::string detail;
  std::optional<TimePoint> start_time;
  std::optional<TimePoint> end_time;
  int nodes_up = 0;  // nodes that are up for it; 0 unless it runs
  int rounds_done = 0;
  int validated_round = 0;
  std::optional<Evaluation> validation;
  std::string validation_file;
  Scores scores;
  JobStatistics statistics;
  std::string model_digest;
};

// Brings `job` up to date with one more event.
void Apply(Job& job, const JobEvent& event);

}  // namespace mlp::coordinator
