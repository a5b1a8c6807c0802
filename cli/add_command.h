// Declares a command of the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command_line.h"

namespace mlp::cli {

// Adds a command below `parent`, the app of the program or of another command. Its options set
// `command`, which ends up in `line` if the user gives the command. Both must outlive `parent`.
template <class Command>
CLI::App& AddCommand(CLI::App& parent, CommandLine& line, const std::string& name,
                     const std::string& description, Command& command, const std::string& example) {
  CLI::App& app = *parent.add_subcommand(name, description);
  app.footer("Example: " + example);
  app.fallthrough();  // --coordinator and --json may come after the command
  app.callback([&line, &command] { line.Choose(command); });
  return app;
}

}  // namespace mlp::cli
