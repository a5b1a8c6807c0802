#include "cli/client/printable_output.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "services/base/printable.h"

namespace mlp::cli {
namespace {

// Bytes at the end of `text` with which a character may begin whose other bytes are still to come.
std::size_t BegunAtEnd(std::string_view text) {
  for (std::size_t bytes = 1; bytes <= std::min<std::size_t>(text.size(), 3); ++bytes) {
    const auto byte = static_cast<unsigned char>(text[text.size() - bytes]);
    if ((byte & 0xc0) == 0x80) continue;
    const std::size_t whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return bytes < whole ? bytes : 0;
  }
  return 0;
}

bool WriteTo(std::streambuf& to, std::string_view text) {
  const auto size = static_cast<std::streamsize>(text.size());
  return to.sputn(text.data(), size) == size;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Control control) {
  auto* const guard = dynamic_cast<PrintableOutput::Buffer*>(out.rdbuf());
  if (guard == nullptr) return out << control.sequence;
  if (!guard->WriteRest() || !WriteTo(guard->to(), control.sequence)) {
    out.setstate(std::ios_base::badbit);
  }
  return out;
}

PrintableOutput::PrintableOutput(std::ostream& out) : out_(out), buffer_(*out.rdbuf()) {
  out_.rdbuf(&buffer_);
}

PrintableOutput::~PrintableOutput() {
  buffer_.WriteRest();
  out_.rdbuf(&buffer_.to());
}

bool PrintableOutput::Buffer::WriteRest() {
  return WriteTo(to_, PrintableLines(std::exchange(begun_, {})));
}

bool PrintableOutput::Buffer::Write(std::string_view text) {
  begun_ += text;
  const std::size_t whole = begun_.size() - BegunAtEnd(begun_);
  const std::string printable = PrintableLines(begun_.substr(0, whole));
  begun_.erase(0, whole);
  return WriteTo(to_, printable);
}

PrintableOutput::Buffer::int_type PrintableOutput::Buffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  const char byte = traits_type::to_char_type(c);
  return Write({&byte, 1}) ? c : traits_type::eof();
}

std::streamsize PrintableOutput::Buffer::xsputn(const char* text, std::streamsize size) {
  return Write({text, static_cast<std::size_t>(size)}) ? size : 0;
}

int PrintableOutput::Buffer::sync() { return WriteRest() && to_.pubsync() == 0 ? 0 : -1; }

}  // namespace mlp::cli
