#include "cli/client/screen.h"

#include "cli/client/printable_output.h"
#include "services/base/printable.h"

namespace mlp::cli {

void Screen::Keep(const std::string& line) {
  Redraw("");
  terminal_.out << Printable(line) << std::endl;
}

// A line as long as the terminal is wide would wrap and could not be redrawn.
void Screen::Redraw(const std::string& status) {
  const std::string shown = FirstParts(Printable(status), terminal_.width - 1);
  if (!terminal_.tty || shown == shown_) return;
  shown_ = shown;
  terminal_.out << kClearLine << shown << std::flush;
}

}  // namespace mlp::cli
