// What the user typed, checked as far as that is possible without the coordinator.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/dataset/dataset_put.h"
#include "cli/dataset/dataset_show.h"
#include "cli/dataset/dataset_split.h"
#include "cli/dataset/datasets.h"
#include "cli/experiment/experiment.h"
#include "cli/job/jobs.h"
#include "cli/job/train.h"
#include "cli/model/evaluate.h"
#include "cli/model/models.h"
#include "cli/model/predict.h"
#include "cli/node/nodes.h"
#include "cli/replay/replay.h"
#include "cli/sweep/sweep.h"
#include "cli/timeline/timeline.h"

namespace mlp::cli {

struct CommandLine {
  std::string coordinator = "localhost:9090";
  bool json = false;
  std::variant<std::monostate, TrainCommand, JobsCommand, JobCommand, WatchCommand, CancelCommand,
               NodesCommand, DrainCommand, UndrainCommand, ModelExportCommand, ModelImportCommand,
               ModelListCommand, ModelRemoveCommand, EvaluateCommand, PredictCommand,
               ExplainCommand, ReplayCommand, TimelineCommand, ExperimentCommand, SweepCommand,
               RemoveCommand, DatasetPutCommand, DatasetListCommand, DatasetRemoveCommand,
               DatasetSplitCommand, DatasetShowCommand>
      command;
};

// Nothing is to be run: help or version was asked for (exit code 0), or the usage is wrong.
struct EarlyExit {
  int exit_code;
  std::string text;
};

// `arguments` without the program's name. MLP_COORDINATOR in the environment replaces the default
// coordinator. The reference system's positional form works too (see ExpandReferenceForm).
std::variant<CommandLine, EarlyExit> ParseCommandLine(std::vector<std::string> arguments);

// "HOST PORT DATASET ROUNDS EPOCHS HIDDEN LEARNING-RATE" as the command that it means; anything
// else as it is. The form is seven words, of which the first is no option and the second a whole
// number: no command takes that.
std::vector<std::string> ExpandReferenceForm(std::vector<std::string> arguments);

}  // namespace mlp::cli
