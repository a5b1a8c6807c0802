// What the programs' options have in common: addresses that are checked when they are read, and
// values that come from the environment.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "services/base/address.h"

namespace mlp::program {

// Returns a check for an option that takes an address: app.add_option(…)->check(AddressCheck(use)).
std::function<std::string(const std::string&)> AddressCheck(AddressUse use);

// Lets each option of `app` that takes a value, and has no variable of its own, come from the
// environment: --data-dir of "mlp-node" from MLP_NODE_DATA_DIR. What the command line says comes
// first. Call it after all options are declared.
void TakeFromEnvironment(CLI::App& app, std::string_view program);

// Returns the names of the variables that options of `app` came from, in their order. An empty
// variable counts as none. Call it when the command line was read, or was refused.
std::vector<std::string> VariablesTaken(const CLI::App& app);

// Returns `message` with the variable in place of the option that it names, if the option came from
// there: the user looks for what is wrong where it was written.
std::string NamingVariables(const CLI::App& app, std::string message);

}  // namespace mlp::program
