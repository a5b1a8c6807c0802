// The options of `train` that say what to train and how, by the fields of mlp.v1.JobSpec that they
// set. One table for the command line, for sweeps and for the reference of options.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

struct TrainingOption {
  const char* name;   // "--learning-rate"; one that begins with "--no-" switches its field off
  const char* field;  // "batches.dropout"
  const char* description;  // ends in the default, in brackets
};

// All options, in the order in which help shows them.
std::span<const TrainingOption> TrainingOptions();

// Declares all of them. They set `spec`, which must outlive `app`.
void AddTrainingOptions(CLI::App& app, v1::JobSpec& spec);

// The kind of value that an option takes: "INT", "FLOAT", "relu|tanh|…", …; empty if it takes none.
std::string TypeName(const TrainingOption& option);

// Sets the option's field to what `text` says. Commas separate the parts of a list. An option that
// users give without a value takes "true", as if it were given, and "false". InvalidArgument says
// what the value can be.
absl::Status SetTrainingOption(const TrainingOption& option, const std::string& text,
                               v1::JobSpec& spec);

}  // namespace mlp::cli
