// Declaring a command of the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command_line.h"

namespace mlp::cli {

// A command below `parent`, which is the program's or a command's. Where it is given, `command`,
// which its options set, ends up in `line`. Both must outlive `parent`.
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
