// What this process prints, from its first line to its last.
#pragma once

#include <optional>

#include "cli/client/printable_output.h"

namespace mlp::cli {

// During its life, standard error is a PrintableOutput, and standard output too if it is a
// terminal: in a file or a pipe, predictions and models are the exact bytes. What libraries log
// goes to standard error, a line each. The process makes one, before anything is printed and gRPC
// is used.
class StandardStreams {
 public:
  StandardStreams();

 private:
  PrintableOutput err_;
  std::optional<PrintableOutput> out_;
};

}  // namespace mlp::cli
