// Output for the user: the terminal, colours, aligned tables, durations, JSON.
#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace mlp::cli {

struct Terminal {
  std::ostream& out;
  std::ostream& err;
  bool tty = false;        // `out` is a terminal, and not a dumb one: lines may be redrawn
  bool colours = false;    // the same, and its user did not set NO_COLOR
  std::size_t width = 80;  // columns
  bool garbles = false;    // `out` is any terminal, which bytes that are no text would garble
};

// Standard output and error as they are now. A terminal is dumb if TERM says so.
Terminal StandardTerminal();

enum class Colour { kNone, kRed, kGreen, kYellow };

// Prints as `text`, between escape sequences if `terminal` shows colours.
struct Coloured {
  const Terminal& terminal;
  Colour colour;
  std::string_view text;
};
std::ostream& operator<<(std::ostream& out, const Coloured& coloured);

// Rows of left-aligned columns, two spaces apart, as wide as text_width.h says. Cells are Printable
// (services/base/printable.h).
class AlignedTable {
 public:
  struct Cell {
    Cell(std::string text, Colour colour = Colour::kNone);
    Cell(const char* text);
    std::string text;
    Colour colour;
  };
  using Row = std::vector<Cell>;  // as many cells as the heading

  explicit AlignedTable(Row heading);
  void Add(Row row);
  void Print(const Terminal& terminal) const;

 private:
  std::vector<Row> rows_;
};

// "0.42 s", "12.3 s", "2 min 05 s", "3 h 07 min".
std::string DurationText(std::chrono::nanoseconds duration);
// "2024-05-31 17:04:05" in UTC; "-" for an unset time (null).
std::string TimeText(const google::protobuf::Timestamp* time);
// The leading parts of `line` that fit into `width` columns. Parts are two spaces apart.
std::string FirstParts(const std::string& line, std::size_t width);
// An error or an accuracy with four decimals.
std::string ShareText(double share);
// "1 epoch", "2 epochs".
std::string CountText(std::int64_t count, const std::string& one);
// One line of protobuf JSON without its end. It has scalars that are zero, too, and the texts
// exactly; what a terminal would obey or hide is escaped.
std::string Json(const google::protobuf::Message& message);

}  // namespace mlp::cli
