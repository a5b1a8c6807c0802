#include "cli/screen.h"

namespace mlp::cli {

void Screen::Keep(const std::string& line) {
  Redraw("");
  terminal_.out << line << std::endl;
}

// A line as long as the terminal is wide would wrap and could not be redrawn.
void Screen::Redraw(const std::string& status) {
  if (!terminal_.tty || status == shown_) return;
  shown_ = status;
  terminal_.out << "\r\x1b[K" << FirstParts(status, terminal_.width - 1) << std::flush;
}

}  // namespace mlp::cli
