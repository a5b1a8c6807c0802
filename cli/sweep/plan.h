// The plan of a sweep: settings, each with some seeds, and the job of each trial. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/sweep/search.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli::sweep {

struct Fixed {
  const TrainingOption* option = nullptr;
  std::string text;  // a text that the option takes
};

struct Plan {
  std::string dataset;  // as for `train`
  bool random = false;  // drawn, not a grid
  std::vector<Fixed> fixed;
  std::vector<const TrainingOption*> varied;
  std::vector<Setting> settings;  // texts that `varied` take
  std::size_t repeats = 1;        // trials of each setting; of several, the seeds are 1, 2, 3 …
  std::string digest;             // SHA-256 of the file, 64 hexadecimal digits

  // Trial t has setting t / repeats. The trials of a setting follow each other.
  std::size_t trials() const { return settings.size() * repeats; }
  std::size_t SettingOf(std::size_t trial) const { return trial / repeats; }
  std::size_t SeedOf(std::size_t trial) const { return trial % repeats + 1; }
};

// "learning-rate": the option's name in files and tables.
std::string_view NameOf(const TrainingOption& option);

v1::JobSpec SpecOf(const Plan& plan, std::size_t trial, const std::string& dataset);
// The request id, equal for the same file, `name` and trial: a second submission gets the same job.
std::string RequestId(const Plan& plan, const std::string& name, std::size_t trial);

// "learning-rate 0.01, hidden 64,32", and ", seed 3" if there are several.
std::string TrialText(const Plan& plan, std::size_t trial);
// "Grid of 12 settings x 3 seeds on letters; solver adam, rounds 60".
std::string PlanText(const Plan& plan);
// " letters --solver adam --hidden 64": the arguments of `mlp-client train`, for a shell.
std::string TrainArguments(const Plan& plan, std::size_t trial);
// `word` as a shell's word.
std::string Quoted(const std::string& word);

}  // namespace mlp::cli::sweep
