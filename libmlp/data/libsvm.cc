#include "libmlp/data/libsvm.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "absl/strings/str_cat.h"
#include "libmlp/data/cell.h"

namespace mlp {
namespace {

constexpr std::string_view kSeparators = " \t\r";

// The words of one line, with their columns.
class Words {
 public:
  Words(std::string_view line, std::size_t number) : line_(line.substr(0, line.find('#'))) {
    place_.line = number;
  }
  // Returns the next word, or nothing if there are no more.
  std::string_view Next() {
    const std::size_t begin = std::min(line_.find_first_not_of(kSeparators, end_), line_.size());
    end_ = std::min(line_.find_first_of(kSeparators, begin), line_.size());
    place_.column = begin + 1;
    return line_.substr(begin, end_ - begin);
  }
  TextPlace place() const { return place_; }  // of the last one

 private:
  std::string_view line_;
  std::size_t end_ = 0;
  TextPlace place_;
};

std::string_view WithoutPlus(std::string_view number) {
  if (number.size() > 1 && number[0] == '+' && number[1] != '-') number.remove_prefix(1);
  return number;
}

struct Entry {
  std::size_t index = 0;
  std::string_view value;
};

// Says what is wrong if `word` is no "index:value" with an index beyond `last`.
std::string ParseEntry(std::string_view word, std::size_t last, Entry& entry) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) {
    return Quoted(word) + " is no index:value: put a colon between the two";
  }
  const char* const end = word.data() + colon;
  const auto [stop, error] = std::from_chars(word.data(), end, entry.index);
  if (error != std::errc() || stop != end || entry.index < 1 || entry.index >= kMaxCells) {
    return absl::StrCat("index ", Quoted(word.substr(0, colon)),
                        " is not a whole number from 1 to ", kMaxCells - 1);
  }
  if (entry.index <= last) {
    return absl::StrCat("index ", entry.index, " comes after ", last,
                        ": put them in ascending order, each once");
  }
  entry.value = WithoutPlus(word.substr(colon + 1));
  double number = 0;
  return ParseNumber(entry.value, number).value_or("");
}

// Goes through one line; `take` gets each entry and its place. Returns false if it has no label.
template <class Take>
absl::StatusOr<bool> ForEachEntry(std::string_view line, std::size_t number, std::string_view name,
                                  CsvCell& label, Take take) {
  Words words(line, number);
  label.text = std::string(WithoutPlus(words.Next()));
  label.place = words.place();
  if (label.text.empty()) return false;
  double value = 0;
  if (const auto wrong = ParseNumber(label.text, value)) {
    return BadText(name, label.place, "label " + *wrong);
  }
  Entry entry;
  for (std::string_view word = words.Next(); !word.empty(); word = words.Next()) {
    std::string wrong = ParseEntry(word, entry.index, entry);
    if (wrong.empty()) wrong = take(entry, words.place());
    if (!wrong.empty()) return BadText(name, words.place(), wrong);
  }
  return true;
}

template <class TakeLine>
absl::Status ForEachLine(std::string_view text, TakeLine take) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    if (absl::Status status = take(text.substr(0, size), number); !status.ok()) return status;
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return absl::OkStatus();
}

}  // namespace

bool LooksLikeLibsvm(std::string_view text) {
  bool looks = false;
  (void)ForEachLine(text, [&looks](std::string_view line, std::size_t number) {
    Words words(line, number);
    const std::string_view label = WithoutPlus(words.Next());
    if (label.empty()) return absl::OkStatus();
    double value = 0;
    const std::string_view word = words.Next();
    const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
    looks = !ParseNumber(label, value) && digits > 0 && word.substr(digits).starts_with(':');
    return absl::AbortedError("one is enough");
  });
  return looks;
}

absl::StatusOr<LibsvmShape> MeasureLibsvm(std::string_view text, std::string_view name) {
  LibsvmShape shape;
  const absl::Status status = ForEachLine(text, [&](std::string_view line, std::size_t number) {
    CsvCell label;
    const auto greater = [&shape](const Entry& entry, TextPlace) {
      shape.features = std::max(shape.features, entry.index);
      return std::string();
    };
    const absl::StatusOr<bool> row = ForEachEntry(line, number, name, label, greater);
    if (row.ok() && *row) ++shape.rows;
    return row.status();
  });
  if (!status.ok()) return status;
  if (shape.rows == 0) return absl::InvalidArgumentError(std::string(name) + ": the file is empty");
  if (shape.features == 0) return BadText(name, {}, "no line has an index:value");
  return shape;
}

absl::Status ForEachLibsvmRecord(std::string_view text, std::string_view name, std::size_t features,
                                 const std::function<absl::Status(const CsvRecord&)>& take) {
  CsvRecord record;
  return ForEachLine(text, [&](std::string_view line, std::size_t number) {
    record.cells.assign(features + 1, {"0", {number, 1}});
    const auto put = [&](const Entry& entry, TextPlace place) -> std::string {
      if (entry.index > features) {
        return absl::StrCat("index ", entry.index, " is beyond the ", features, " features");
      }
      record.cells[entry.index - 1] = {std::string(entry.value), place};
      return "";
    };
    const absl::StatusOr<bool> row = ForEachEntry(line, number, name, record.cells.back(), put);
    return row.ok() && *row ? take(record) : row.status();
  });
}

}  // namespace mlp
