// The names of all commands, so that tests forget none.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_split.h"
#include "cli/command_line.h"

namespace mlp::cli {

// Returns "train", "dataset", "dataset put" and so on: the headings of the page of options.
inline std::vector<std::string> AllCommands() {
  const auto parsed = ParseCommandLine({"help-markdown"});
  const std::vector<std::string> lines =
      absl::StrSplit(std::get<EarlyExit>(parsed).text, absl::ByChar('\n'));
  std::vector<std::string> names;
  for (const std::string& line : lines) {
    if (line.starts_with("## ") && line != "## Every command") names.push_back(line.substr(3));
  }
  return names;
}

}  // namespace mlp::cli
