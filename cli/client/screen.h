// Lines that stay, and on a terminal one below them that is redrawn in place. Each is Printable
// (services/base/printable.h).
#pragma once

#include <string>

#include "cli/client/output.h"

namespace mlp::cli {

class Screen {
 public:
  // `terminal` must outlive it.
  explicit Screen(const Terminal& terminal) : terminal_(terminal) {}
  ~Screen() { Redraw(""); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void Keep(const std::string& line);
  // Shows `status` instead of the status before, without the last parts if they do not fit. Parts
  // are two spaces apart. Shows nothing if the output is no terminal.
  void Redraw(const std::string& status);

 private:
  const Terminal& terminal_;
  std::string shown_;
};

}  // namespace mlp::cli
