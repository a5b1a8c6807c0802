#include "cli/client/output.h"

#include <google/protobuf/util/json_util.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/printable_output.h"
#include "cli/client/text_width.h"
#include "services/base/printable.h"

namespace mlp::cli {
namespace {

std::size_t Width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

// TERM=dumb: escape sequences would be shown as they are.
bool IsDumb() {
  const char* term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) == "dumb";
}

// NO_COLOR counts if it is set and not empty: https://no-color.org
bool ColoursWanted() {
  const char* no_color = std::getenv("NO_COLOR");
  return no_color == nullptr || *no_color == '\0';
}

}  // namespace

Terminal StandardTerminal() {
  const bool any = isatty(STDOUT_FILENO) == 1;
  const bool tty = any && !IsDumb();
  return Terminal{std::cout, std::cerr, tty, tty && ColoursWanted(), Width(), any};
}

std::ostream& operator<<(std::ostream& out, const Coloured& coloured) {
  static constexpr const char* kCodes[] = {"", "\x1b[31m", "\x1b[32m", "\x1b[33m"};
  if (!coloured.terminal.colours || coloured.colour == Colour::kNone) return out << coloured.text;
  return out << Control{kCodes[static_cast<int>(coloured.colour)]} << coloured.text
             << Control{"\x1b[0m"};
}

AlignedTable::Cell::Cell(std::string text, Colour colour) : text(Printable(text)), colour(colour) {}
AlignedTable::Cell::Cell(const char* text) : Cell(std::string(text)) {}

AlignedTable::AlignedTable(Row heading) { rows_.push_back(std::move(heading)); }

void AlignedTable::Add(Row row) { rows_.push_back(std::move(row)); }

void AlignedTable::Print(const Terminal& terminal) const {
  std::vector<std::size_t> widths(rows_[0].size());
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], TextWidth(row[i].text));
  }
  for (const Row& row : rows_) {
    std::string gap;  // before a cell, so that no line ends in spaces
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].text.empty()) {
        gap.append(widths[i] + 2, ' ');
        continue;
      }
      terminal.out << gap << Coloured{terminal, row[i].colour, row[i].text};
      gap.assign(widths[i] - TextWidth(row[i].text) + 2, ' ');
    }
    terminal.out << '\n';
  }
}

std::string DurationText(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 9.995) return absl::StrFormat("%.2f s", seconds);
  if (seconds < 59.95) return absl::StrFormat("%.1f s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 3600) return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
  return absl::StrFormat("%d h %02d min", whole / 3600, whole / 60 % 60);
}

std::string TimeText(const google::protobuf::Timestamp* time) {
  if (time == nullptr) return "-";
  const std::time_t seconds = time->seconds();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

std::string FirstParts(const std::string& line, std::size_t width) {
  const std::size_t end = BytesOfWidth(line, width);
  if (end == line.size()) return line;
  const std::size_t gap = line.rfind("  ", end);
  return line.substr(0, gap == std::string::npos ? end : gap);
}

std::string ShareText(double share) { return absl::StrFormat("%.4f", share); }

std::string CountText(std::int64_t count, const std::string& one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

std::string Json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  return status.ok() ? PrintableJson(text) : "{}";
}

}  // namespace mlp::cli
