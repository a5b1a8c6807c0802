// The commands on models: `model` and those below it, `evaluate`, `predict`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command_line.h"
#include "cli/model/evaluate.h"
#include "cli/model/models.h"
#include "cli/model/predict.h"

namespace mlp::cli {

class ModelCommands {
 public:
  // Declares them below `app`. The one that the user gives ends up in `line`. Must outlive `app`.
  void AddTo(CLI::App& app, CommandLine& line);

 private:
  void AddModel(CLI::App& app, CommandLine& line);
  void AddExport(CLI::App& model, CommandLine& line);
  void AddImport(CLI::App& model, CommandLine& line);
  void AddEvaluate(CLI::App& app, CommandLine& line);
  void AddPredict(CLI::App& app, CommandLine& line);

  ModelExportCommand model_;
  ModelExportCommand export_;
  ModelImportCommand import_;
  ModelListCommand list_;
  ModelRemoveCommand remove_;
  EvaluateCommand evaluate_;
  PredictCommand predict_;
};

}  // namespace mlp::cli
