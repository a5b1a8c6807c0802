// The last guard of what is printed: text that came by no message, such as a file's, may have any
// bytes too.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace mlp::cli {

// A sequence that the client itself means for the terminal: a colour, or the place of the cursor.
struct Control {
  std::string_view sequence;
};
// Prints it as it is, whatever guards `out`.
std::ostream& operator<<(std::ostream& out, Control control);

// Empties the line that the cursor is in.
inline constexpr Control kClearLine = {"\r\x1b[K"};

// During its life, what `out` prints are PrintableLines (services/base/printable.h), but for
// Control. One thread at a time may print.
class PrintableOutput {
 public:
  // `out` must outlive it.
  explicit PrintableOutput(std::ostream& out);
  ~PrintableOutput();
  PrintableOutput(const PrintableOutput&) = delete;
  PrintableOutput& operator=(const PrintableOutput&) = delete;

  // The buffer that stands before the stream's own.
  class Buffer final : public std::streambuf {
   public:
    explicit Buffer(std::streambuf& to) : to_(to) {}
    std::streambuf& to() const { return to_; }
    // Writes what it holds back. False if that fails.
    bool WriteRest();

   protected:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

   private:
    bool Write(std::string_view text);

    std::streambuf& to_;
    std::string begun_;  // bytes of a character whose end has not come
  };

 private:
  std::ostream& out_;
  Buffer buffer_;
};

}  // namespace mlp::cli
