#include "cli/dataset_commands.h"

#include <algorithm>

#include "cli/add_command.h"
#include "cli/dataset/table_options.h"

namespace mlp::cli {

// Adds the options of a table to one of the commands that make datasets of tables.
template <class Command>
static void AddTableOptions(CLI::App& app, CommandLine& line, Command& command) {
  std::vector<CLI::Option*> added = AddColumnOptions(app, command.table);
  for (CLI::Option* option : AddSplitOptions(app, command.split)) added.push_back(option);
  app.callback([&line, &command, added] {
    command.table_options_given = std::any_of(
        added.begin(), added.end(), [](const CLI::Option* option) { return !option->empty(); });
    line.Choose(command);
  });
}

void DatasetCommands::AddTo(CLI::App& app, CommandLine& line) {
  CLI::App& dataset = *app.add_subcommand("dataset", "Send, list, remove and make datasets");
  dataset.require_subcommand(1);
  dataset.fallthrough();
  dataset.footer("Example: mlp-client dataset put iris.csv --label species");
  AddPut(dataset, line);
  AddCommand(dataset, line, "ls", "List the coordinator's datasets", list_,
             "mlp-client dataset ls");
  AddCommand(dataset, line, "rm", "Remove a dataset that clients sent, unless a job uses it",
             remove_, "mlp-client dataset rm letters")
      .add_option("NAME", remove_.name, "Its name")
      ->required();
  AddSplit(dataset, line);
  AddShow(dataset, line);
}

void DatasetCommands::AddPut(CLI::App& dataset, CommandLine& line) {
  CLI::App& app =
      AddCommand(dataset, line, "put",
                 "Send the coordinator a dataset: a table (CSV, LIBSVM or NumPy, also "
                 "gzipped) or a directory of train_* files and one validate_* file. What "
                 "is there already is not sent again",
                 put_, "mlp-client dataset put iris.csv --label species");
  app.add_option("PATH", put_.path, "File or directory")->required();
  app.add_option("--name", put_.name, "What jobs call it [PATH's name without its ending]");
  AddTableOptions(app, line, put_);
  app.add_flag_callback(
      "--standardize", [this] { put_.standardize = put_.split.standardize = true; },
      "A directory's rows, too; they are sent as they are otherwise");
}

void DatasetCommands::AddShow(CLI::App& dataset, CommandLine& line) {
  CLI::App& app = AddCommand(
      dataset, line, "show",
      "Say what is in a table, a dataset's directory or a coordinator's dataset: columns, "
      "ranges, classes",
      show_, "mlp-client dataset show iris.csv --label species");
  app.add_option("WHAT", show_.what, "File, directory or dataset's name")->required();
  AddColumnOptions(app, show_.table);
}

void DatasetCommands::AddSplit(CLI::App& dataset, CommandLine& line) {
  CLI::App& app = AddCommand(
      dataset, line, "split",
      "Make a dataset's directory of a table (CSV, LIBSVM or NumPy, also gzipped), or of another "
      "such directory, standardised. Needs no coordinator",
      split_, "mlp-client dataset split iris.csv --label species --shards 11 --validation 0.2");
  app.add_option("PATH", split_.file, "File or directory")->required();
  AddTableOptions(app, line, split_);
  app.add_option("--out", split_.out,
                 "Directory to make, here [a file's name without its ending, a directory's and "
                 "-standardized]")
      ->type_name("DIR");
}

}  // namespace mlp::cli
