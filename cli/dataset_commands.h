// The commands below `dataset`.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/command_line.h"
#include "cli/dataset/dataset_put.h"
#include "cli/dataset/dataset_show.h"
#include "cli/dataset/dataset_split.h"
#include "cli/dataset/datasets.h"

namespace mlp::cli {

class DatasetCommands {
 public:
  // Declares them below `app`. The one that the user gives ends up in `line`. Must outlive `app`.
  void AddTo(CLI::App& app, CommandLine& line);

 private:
  void AddPut(CLI::App& dataset, CommandLine& line);
  void AddSplit(CLI::App& dataset, CommandLine& line);
  void AddShow(CLI::App& dataset, CommandLine& line);

  DatasetPutCommand put_;
  DatasetListCommand list_;
  DatasetRemoveCommand remove_;
  DatasetSplitCommand split_;
  DatasetShowCommand show_;
};

}  // namespace mlp::cli
