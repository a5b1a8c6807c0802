#include "cli/model_commands.h"

#include "cli/add_command.h"
#include "cli/dataset/table_options.h"
#include "cli/model/model_source.h"

namespace mlp::cli {

static void AddModelArgument(CLI::App& app, std::string& model) {
  app.add_option("MODEL", model, kModelHelp)->required();
}

void ModelCommands::AddTo(CLI::App& app, CommandLine& line) {
  AddModel(app, line);
  AddEvaluate(app, line);
  AddPredict(app, line);
}

// `model ID -o FILE` is older than the commands below it.
void ModelCommands::AddModel(CLI::App& app, CommandLine& line) {
  CLI::App& model = *app.add_subcommand(
      "model", "Export, import, list and remove models; with an ID alone, fetch that one as it is");
  model.fallthrough();
  model.footer("Example: mlp-client model export job-7 -o letters.onnx");
  model.add_option("ID", model_.model, "Job id, such as job-7");
  model.add_option("-o,--output", model_.output, "File to write [standard output]");
  AddExport(model, line);
  AddImport(model, line);
  AddCommand(model, line, "ls", "List the models of jobs and those that were imported", list_,
             "mlp-client model ls");
  AddCommand(model, line, "rm", "Remove an imported model", remove_, "mlp-client model rm model-3")
      .add_option("ID", remove_.id, "Its id or name")
      ->required();
  model.callback([this, &model, &line] {
    if (!model.get_subcommands().empty()) return;
    if (model_.model.empty()) throw CLI::RequiredError("A subcommand or ID");
    model_.format = model::Format::kMlp;
    line.Choose(model_);
  });
}

void ModelCommands::AddExport(CLI::App& model, CommandLine& line) {
  CLI::App& app = AddCommand(model, line, "export",
                             "Write a model for others: ONNX, NumPy (npz), JSON, or as it is (mlp)",
                             export_, "mlp-client model export job-7 -o letters.onnx");
  AddModelArgument(app, export_.model);
  app.add_option_function<std::string>(
         "--format",
         [this](const std::string& word) {
           const absl::StatusOr<model::Format> format = model::ParseFormat(word);
           if (!format.ok()) {
             throw CLI::ValidationError("--format", std::string(format.status().message()));
           }
           export_.format = *format;
         },
         "What to write [what FILE ends with, or mlp]")
      ->type_name("onnx|npz|json|mlp");
  app.add_option("-o,--output", export_.output, "File to write [standard output]");
}

void ModelCommands::AddImport(CLI::App& model, CommandLine& line) {
  CLI::App& app =
      AddCommand(model, line, "import", "Give the coordinator a model that export wrote", import_,
                 "mlp-client model import letters.npz --name letters");
  app.add_option("FILE", import_.file, "A file in the format mlp, npz or JSON")->required();
  app.add_option("--name", import_.name, "What to call it [model- and a number]");
}

void ModelCommands::AddPredict(CLI::App& app, CommandLine& line) {
  CLI::App& predict =
      AddCommand(app, line, "predict", "Print what a model says of the rows of a table, as CSV",
                 predict_, "mlp-client predict job-7 new.csv -o predictions.csv");
  AddModelArgument(predict, predict_.model);
  predict
      .add_option("FILE", predict_.file,
                  "CSV of any size, also gzipped; - for standard input. Its columns are found by "
                  "their names, or "
                  "without a header by their order; a label is ignored")
      ->required();
  predict.add_option("-o,--output", predict_.output,
                     "File to write, when all rows are there [standard output]");
  predict.add_flag("--labels-only", predict_.labels_only, "Without the probabilities");
  AddSeparatorOption(predict, predict_.separator);
}

void ModelCommands::AddEvaluate(CLI::App& app, CommandLine& line) {
  CLI::App& evaluate =
      AddCommand(app, line, "evaluate", "Measure a model on the rows of a file", evaluate_,
                 "mlp-client evaluate job-7 datasets/letters/train_letters11.txt");
  AddModelArgument(evaluate, evaluate_.model);
  evaluate
      .add_option("FILE", evaluate_.file,
                  "CSV of any size with the label, also gzipped; - for standard input. Where it is "
                  "not here, a "
                  "name below the coordinator's --data-dir")
      ->required();
  AddSeparatorOption(evaluate, evaluate_.separator);
}

}  // namespace mlp::cli
