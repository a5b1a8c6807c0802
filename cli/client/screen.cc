#include "cli/client/screen.h"

namespace mlp::cli {

void Screen::Keep(const std::string& line) {
  Redraw("");
  terminal_.out << line << std::endl;
}

// A line as long as the terminal is wide would wrap and could not be redrawn.
void Screen::Redraw(const std::string& status) {
  const std::string shown = FirstParts(status, terminal_.width - 1);
  if (!terminal_.tty || shown == shown_) return;
  shown_ = shown;
  terminal_.out << "\r\x1b[K" << shown << std::flush;
}

}  // namespace mlp::cli
