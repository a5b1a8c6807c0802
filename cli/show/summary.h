// A job in words, for people. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "mlp/v1/job.pb.h"

namespace mlp::cli {

// The facts beyond the job itself that a client knows if it followed the job's events.
struct Followed {
  // The time on the client's clock. If it did not submit the job, the job's own times count.
  std::optional<std::chrono::nanoseconds> since_submission;
  std::size_t nodes_that_trained = 0;
  std::optional<v1::JobEvent::RoundFinished> last_round;
};

// "0.3331 (1166 of 3500 rows of validate_letters.txt wrong), accuracy 0.6669": an error. In
// regression "53.4 (root mean square over 89 rows of validate_x.txt), R^2 0.4921".
std::string EvaluationText(const v1::Evaluation& evaluation);

// The validation of the job's model, which is the best round's if the job stops early; null if the
// job has none. Valid as long as `job`.
const v1::Evaluation* ModelValidation(const v1::Job& job);

// Accuracy, in regression R^2: greater is better.
double Score(const v1::Evaluation& evaluation);

// "error 0.3331", in regression "R^2 0.4921": short.
std::string ScoreText(const v1::Evaluation& evaluation);

// Some lines, each with its end: the state, the errors and the rows they were measured on, what the
// job took, the model digest.
std::string Summary(const v1::Job& job, const Followed& followed = {});

// The settings that the user asked for, then the summary.
std::string Description(const v1::Job& job);

// "SUCCEEDED".
std::string StateName(v1::JobState state);

}  // namespace mlp::cli
