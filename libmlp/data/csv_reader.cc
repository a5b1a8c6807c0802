#include "libmlp/data/csv_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/data/cell.h"
#include "libmlp/data/utf8.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

absl::Status BadText(std::string_view name, TextPlace place, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(AbslView(name), ":", place.line, ":", place.column, ": ", AbslView(what)));
}

std::string SeparatorHint(std::string_view first_cell, std::size_t cells) {
  if (cells > 1) return "";
  const std::size_t found = first_cell.find_first_of(";\t|");
  if (found == std::string_view::npos) return "";
  const std::string_view separator = first_cell.substr(found, 1);
  return absl::StrCat("; are its cells separated otherwise (--separator ",
                      separator == "\t" ? "tab" : Quoted(separator), ")?");
}

CsvReader::CsvReader(std::string name, char separator)
    : name_(std::move(name)), separator_(separator) {}

void CsvReader::Add(std::string_view bytes) {
  input_.erase(0, std::exchange(taken_, 0));
  input_.append(bytes);
}

absl::StatusOr<bool> CsvReader::Next(CsvRecord& record) {
  if (state_ == State::kMark && !SkipMark()) return false;
  while (status_.ok() && !complete_ && taken_ < input_.size()) Take(input_[taken_++]);
  if (status_.ok() && !complete_ && ended_) EndFile();
  if (!status_.ok()) return status_;
  if (!complete_) return false;
  std::swap(record, record_);
  record_.cells.clear();
  record_bytes_ = 0;
  complete_ = false;
  return true;
}

// Returns false if too few bytes are there to tell whether there is a mark.
bool CsvReader::SkipMark() {
  if (input_.size() < kByteOrderMark.size() && !ended_) return false;
  if (input_.starts_with(kByteOrderMark)) taken_ = kByteOrderMark.size();
  state_ = State::kBegin;
  return true;
}

void CsvReader::Take(char c) {
  const TextPlace here = place_;
  if (c == '\n') {
    place_ = {here.line + 1, 1};
  } else {
    ++place_.column;
  }
  if (c == '\0') return Refuse(here, "a zero byte: save the file as text in UTF-8");
  if (++record_bytes_ > kMaxRecordBytes) {
    const bool open = state_ == State::kQuoted;
    return Refuse(open ? cell_.place : here,
                  absl::StrCat("the row has more than ", kMaxRecordBytes, " bytes: ",
                               open ? "is the quote that begins here closed?" : "split it"));
  }
  switch (state_) {
    case State::kMark:
    case State::kBegin:
      if (IsBlank(c)) return;
      cell_.place = here;
      return BeginCell(c);
    case State::kPlain:
      return TakeInPlain(c);
    case State::kQuoted:
      if (c == '"') {
        state_ = State::kQuote;
      } else {
        cell_.text += c;
      }
      return;
    case State::kQuote:
    case State::kClosed:
      return TakeAfterQuote(c);
    case State::kReturn:
      if (c == '\n') return EndRecord();
      return Refuse({here.line, here.column - 1},
                    "a carriage return without a newline: end lines with LF or CRLF");
  }
}

void CsvReader::BeginCell(char c) {
  quoted_ = c == '"';
  state_ = quoted_ ? State::kQuoted : State::kPlain;
  if (!quoted_) TakeInPlain(c);
}

void CsvReader::TakeInPlain(char c) {
  if (IsEnd(c)) return TakeEnd(c);
  if (c == '"') {
    return Refuse({place_.line, place_.column - 1},
                  "a quote within a cell that does not begin with one: put the whole cell in "
                  "quotes and double those within");
  }
  cell_.text += c;
}

void CsvReader::TakeAfterQuote(char c) {
  if (IsEnd(c)) return TakeEnd(c);
  if (state_ == State::kQuote && c == '"') {
    cell_.text += c;
    state_ = State::kQuoted;
  } else if (IsBlank(c)) {
    state_ = State::kClosed;
  } else {
    Refuse({place_.line, place_.column - 1},
           "text after the closing quote: put the whole cell in quotes and double those within");
  }
}

void CsvReader::TakeEnd(char c) {
  EndCell();
  if (c == '\n') EndRecord();
  state_ = c == '\r' ? State::kReturn : State::kBegin;
}

void CsvReader::EndCell() {
  if (!quoted_) {
    while (!cell_.text.empty() && IsBlank(cell_.text.back())) cell_.text.pop_back();
  }
  if (const std::size_t bad = FirstBadUtf8(cell_.text); bad != std::string::npos) {
    Refuse(cell_.place, Quoted(cell_.text.substr(0, bad)) +
                            " is followed by what is no UTF-8: save the file as UTF-8");
  }
  if (record_.cells.size() == kMaxCells) {
    Refuse(cell_.place, absl::StrCat("the row has more than ", kMaxCells, " cells"));
  }
  record_.cells.push_back(std::move(cell_));
  cell_ = {};
}

void CsvReader::EndRecord() {
  state_ = State::kBegin;
  if (status_.ok()) status_ = CheckRecord();
  width_ = record_.cells.size();
  complete_ = true;
}

absl::Status CsvReader::CheckRecord() const {
  const std::size_t cells = record_.cells.size();
  const TextPlace place = {record_.line(), 1};
  if (cells == 1 && !quoted_ && record_.cells.front().text.empty()) {
    return BadText(name_, place, "empty line: remove it");
  }
  if (width_ == 0 || cells == width_) return absl::OkStatus();
  return BadText(name_, place,
                 absl::StrCat("the row has ", cells, " cells, the first row has ", width_,
                              ": add or remove some, or put a cell with a separator in quotes"));
}

void CsvReader::EndFile() {
  if (state_ == State::kQuoted) {
    return Refuse(cell_.place, "the quote that begins here is not closed: add the closing one");
  }
  if (state_ == State::kReturn) {
    return Refuse({place_.line, place_.column - 1},
                  "a carriage return without a newline: end lines with LF or CRLF");
  }
  if (record_bytes_ == 0) {
    if (width_ == 0) status_ = absl::InvalidArgumentError(name_ + ": the file is empty");
    return;
  }
  if (state_ == State::kBegin) cell_.place = place_, quoted_ = false;
  EndCell();
  EndRecord();
}

void CsvReader::Refuse(TextPlace place, std::string_view what) {
  if (status_.ok()) status_ = BadText(name_, place, what);
}

absl::Status ForEachRecord(std::string_view text, std::string_view name, char separator,
                           const std::function<absl::Status(const CsvRecord&)>& take) {
  constexpr std::size_t kPiece = std::size_t{1} << 16;
  CsvReader reader{std::string(name), separator};
  if (text.empty()) reader.End();
  CsvRecord record;
  while (true) {
    const absl::StatusOr<bool> there = reader.Next(record);
    if (!there.ok()) return there.status();
    if (*there) {
      if (absl::Status status = take(record); !status.ok()) return status;
    } else if (text.empty()) {
      return absl::OkStatus();
    } else {
      const std::string_view piece = text.substr(0, kPiece);
      reader.Add(piece);
      text.remove_prefix(piece.size());
      if (text.empty()) reader.End();
    }
  }
}

}  // namespace mlp
