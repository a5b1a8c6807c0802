// Records of comma-separated text, from its bytes as they come in, so that a file of any size can
// be read in little memory.
//
// A record ends with LF or CRLF (the last one may go without), its cells with a separator. Blanks
// around a cell are no part of it. A cell in double quotes may have separators, line ends and,
// doubled, quotes in it. A byte order mark at the beginning is skipped. Text is UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mlp {

// A place within a file: lines and columns count from 1, columns in bytes.
struct TextPlace {
  std::size_t line = 1;
  std::size_t column = 1;
};

struct CsvCell {
  std::string text;
  TextPlace place;  // of its first byte, which may be the quote
};

struct CsvRecord {
  std::vector<CsvCell> cells;  // one or more
  std::size_t line() const { return cells.front().place.line; }
};

inline constexpr std::size_t kMaxRecordBytes = std::size_t{1} << 24;
inline constexpr std::size_t kMaxCells = 1'000'000;

// InvalidArgument "name:line:column: what".
absl::Status BadText(std::string_view name, TextPlace place, std::string_view what);

// The hint to add to an error about a row that is a single cell, but would be more with another
// separator; empty for other rows.
std::string SeparatorHint(std::string_view first_cell, std::size_t cells);

class CsvReader {
 public:
  // `name` is the file's name in errors.
  explicit CsvReader(std::string name, char separator = ',');

  // Takes more bytes of the file, and keeps them until Next has gone through them.
  void Add(std::string_view bytes);
  // Ends the file: no more bytes follow.
  void End() { ended_ = true; }

  // True: `record` is the next one, with as many cells as the first. False: more bytes are needed,
  // or, after End, there are no more records. InvalidArgument, with file, line and column, and
  // again at every further call: an empty file or line, another number of cells, a quote that is
  // not closed or in a wrong place, text after a closing quote, a lone carriage return, a zero
  // byte, bytes that are no UTF-8, a record of more than kMaxRecordBytes or kMaxCells.
  absl::StatusOr<bool> Next(CsvRecord& record);

 private:
  enum class State : std::uint8_t { kMark, kBegin, kPlain, kQuoted, kQuote, kClosed, kReturn };

  bool SkipMark();
  // These handle a byte or an end each. They set `status_` if it may not be there.
  void Take(char c);
  void TakeInPlain(char c);
  void TakeAfterQuote(char c);
  void BeginCell(char c);
  void TakeEnd(char c);
  void EndCell();
  void EndRecord();
  void EndFile();
  bool IsBlank(char c) const { return c == ' ' || (c == '\t' && separator_ != '\t'); }
  bool IsEnd(char c) const { return c == separator_ || c == '\n' || c == '\r'; }
  absl::Status CheckRecord() const;
  void Refuse(TextPlace place, std::string_view what);

  std::string name_;
  char separator_;
  std::string input_;
  std::size_t taken_ = 0;  // of input_
  bool ended_ = false;
  State state_ = State::kMark;
  TextPlace place_;   // of the next byte
  CsvRecord record_;  // as far as it was read
  CsvCell cell_;      // its next one
  bool quoted_ = false;
  std::size_t record_bytes_ = 0;
  std::size_t width_ = 0;  // cells of the first record; 0: there was none
  bool complete_ = false;  // record_ is complete
  absl::Status status_;
};

// Every record of `text`, in order, until `take` returns an error, which is returned. Errors as
// CsvReader's.
absl::Status ForEachRecord(std::string_view text, std::string_view name, char separator,
                           const std::function<absl::Status(const CsvRecord&)>& take);

}  // namespace mlp
