// The command line that the user typed, checked as far as possible without the coordinator.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "cli/client/session.h"

namespace mlp::cli {

// A command with what the user gave for it, ready to run.
template <class Command>
struct Invocation {
  Command command;
  int operator()(const Session& session) const { return Run(session, command); }
};

struct CommandLine {
  std::string coordinator = "localhost:9090";
  bool json = false;
  std::function<int(const Session&)> run;  // the command; returns the exit code

  // Makes `command` the one to run. Its type must have a function Run(session, command).
  template <class Command>
  void Choose(const Command& command) {
    run = Invocation<Command>{command};
  }
  // The chosen command, or nullptr if it is of another type.
  template <class Command>
  const Command* chosen() const {
    const auto* invocation = run.template target<Invocation<Command>>();
    return invocation == nullptr ? nullptr : &invocation->command;
  }
};

// The end without a command to run: the user asked for help or the version (exit code 0), or the
// usage is wrong.
struct EarlyExit {
  int exit_code;
  std::string text;
};

// Parses `arguments`, which lack the program's name. MLP_COORDINATOR in the environment replaces
// the default coordinator. The reference system's positional form works too (see
// ExpandReferenceForm).
std::variant<CommandLine, EarlyExit> ParseCommandLine(std::vector<std::string> arguments);

// "HOST PORT DATASET ROUNDS EPOCHS HIDDEN LEARNING-RATE" as the command that it means; anything
// else as it is. The form is seven words; the first is no option and the second is a whole number.
// No command takes that.
std::vector<std::string> ExpandReferenceForm(std::vector<std::string> arguments);

}  // namespace mlp::cli
