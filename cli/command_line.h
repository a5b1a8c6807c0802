// What the user typed, checked as far as that is possible without the coordinator.
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

  // Makes `command`, of a type that has a function Run(session, command), the one to run.
  template <class Command>
  void Choose(const Command& command) {
    run = Invocation<Command>{command};
  }
  // The command that was chosen; nullptr if it is another than that.
  template <class Command>
  const Command* chosen() const {
    const auto* invocation = run.template target<Invocation<Command>>();
    return invocation == nullptr ? nullptr : &invocation->command;
  }
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
