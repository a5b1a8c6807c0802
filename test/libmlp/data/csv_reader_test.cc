#include "libmlp/data/csv_reader.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mlp::testing {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// Reads `text` in pieces of so many bytes.
absl::StatusOr<std::vector<CsvRecord>> ReadInPieces(std::string_view text, std::size_t piece,
                                                    char separator = ',') {
  CsvReader reader("t.csv", separator);
  std::vector<CsvRecord> records;
  CsvRecord record;
  while (true) {
    const absl::StatusOr<bool> there = reader.Next(record);
    if (!there.ok()) return there.status();
    if (*there) {
      records.push_back(record);
    } else if (text.empty()) {
      reader.End();
      absl::StatusOr<bool> last = reader.Next(record);
      if (!last.ok()) return last.status();
      if (!*last) return records;
      records.push_back(record);
    } else {
      reader.Add(text.substr(0, piece));
      text.remove_prefix(std::min(piece, text.size()));
    }
  }
}

Rows ReadCells(std::string_view text, char separator = ',') {
  Rows rows;
  const auto records = ReadInPieces(text, 1 << 20, separator);
  REQUIRE(records.status() == absl::OkStatus());
  for (const CsvRecord& record : *records) {
    rows.emplace_back();
    for (const CsvCell& cell : record.cells) rows.back().push_back(cell.text);
  }
  return rows;
}

std::string CsvRefusal(std::string_view text) {
  const absl::Status status = ReadInPieces(text, 1 << 20).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  for (const std::size_t piece : {1, 2, 7}) CHECK(ReadInPieces(text, piece).status() == status);
  return std::string(status.message());
}

TEST_CASE("Records end with LF or CRLF, the last one with the file") {
  const Rows rows = {{"a", "b"}, {"1", "2"}};
  CHECK(ReadCells("a,b\n1,2\n") == rows);
  CHECK(ReadCells("a,b\r\n1,2\r\n") == rows);
  CHECK(ReadCells("a,b\n1,2") == rows);
  CHECK(ReadCells("\xef\xbb\xbf"
                  "a,b\n1,2") == rows);
  CHECK(ReadCells(" a ,\tb\n1 , 2 ") == rows);
  CHECK(ReadCells("a;b\n1;2", ';') == rows);
  CHECK(ReadCells("a\tb\n1\t2", '\t') == rows);
  CHECK(ReadCells("a,\n,2\n") == Rows{{"a", ""}, {"", "2"}});
  CHECK(ReadCells("a,\n1,") == Rows{{"a", ""}, {"1", ""}});
}

TEST_CASE("A quoted cell may have separators, newlines, blanks and doubled quotes in it") {
  CHECK(ReadCells("\"a,b\",\"c\r\nd\"\n\"say \"\"so\"\"\", \" e \" \n") ==
        Rows{{"a,b", "c\r\nd"}, {"say \"so\"", " e "}});
  CHECK(ReadCells("\"\",\"\"\n\"\"\"\",x") == Rows{{"", ""}, {"\"", "x"}});
  CHECK(ReadCells("\"\"\n") == Rows{{""}});
}

TEST_CASE("Every cell says where it is") {
  const auto records = ReadInPieces(
      "\xef\xbb\xbf"
      "a, bc\n\"x\ny\",\"z\"\n1,\n",
      1);
  REQUIRE(records.ok());
  std::string places;
  for (const CsvRecord& record : *records) {
    for (const CsvCell& cell : record.cells) {
      absl::StrAppend(&places, cell.place.line, ":", cell.place.column, " ");
    }
  }
  CHECK(places == "1:1 1:4 2:1 3:4 4:1 4:3 ");
}

TEST_CASE("How a file is cut into pieces changes nothing") {
  const std::string text = "\xef\xbb\xbfname,\"x \"\"y\"\"\"\r\n\"Zo\xc3\xab\r\n\",2\r\n3,4";
  const auto whole = ReadInPieces(text, text.size());
  REQUIRE(whole.ok());
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    const auto cut = ReadInPieces(text, piece);
    REQUIRE(cut.ok());
    REQUIRE(cut->size() == whole->size());
    for (std::size_t i = 0; i < cut->size(); ++i) {
      CHECK((*cut)[i].cells[0].text == (*whole)[i].cells[0].text);
      CHECK((*cut)[i].cells[1].place.column == (*whole)[i].cells[1].place.column);
    }
  }
}

TEST_CASE("Text that is no table is refused with line, column and what to do") {
  CHECK(CsvRefusal("") == "t.csv: the file is empty");
  CHECK(CsvRefusal("\xef\xbb\xbf") == "t.csv: the file is empty");
  CHECK(CsvRefusal("\n") == "t.csv:1:1: empty line: remove it");
  CHECK(CsvRefusal("1,2\n\n3,4\n") == "t.csv:2:1: empty line: remove it");
  CHECK(CsvRefusal("1,2\n  ") == "t.csv:2:1: empty line: remove it");
  CHECK(CsvRefusal("1,2\n3\n") ==
        "t.csv:2:1: the row has 1 cells, the first row has 2: add or remove some, or put a cell "
        "with a separator in quotes");
  CHECK(CsvRefusal("1,2\n3,\"4\n5,6\n") ==
        "t.csv:2:3: the quote that begins here is not closed: add the closing one");
  CHECK(CsvRefusal("1,\"2\"x\n") ==
        "t.csv:1:6: text after the closing quote: put the whole cell in quotes and double those "
        "within");
  CHECK(CsvRefusal("1,5\" disk\n") ==
        "t.csv:1:4: a quote within a cell that does not begin with one: put the whole cell in "
        "quotes and double those within");
  CHECK(CsvRefusal("1,2\r3,4\r") ==
        "t.csv:1:4: a carriage return without a newline: end lines with LF or CRLF");
  CHECK(CsvRefusal("1,2\r") ==
        "t.csv:1:4: a carriage return without a newline: end lines with LF or CRLF");
  CHECK(CsvRefusal(std::string_view("1,\0\n", 4)) ==
        "t.csv:1:3: a zero byte: save the file as text in UTF-8");
  CHECK(CsvRefusal("1,ab\xff\n") ==
        "t.csv:1:3: 'ab' is followed by what is no UTF-8: save the file as UTF-8");
  CHECK(CsvRefusal("1,\xed\xa0\x80\n").ends_with("save the file as UTF-8"));  // a surrogate
}

TEST_CASE("A row of endless length is refused, an open quote with its place") {
  const std::string much(kMaxRecordBytes + 1, 'x');
  CHECK(ReadInPieces(much, 1 << 20).status().message() ==
        "t.csv:1:16777217: the row has more than 16777216 bytes: split it");
  CHECK(ReadInPieces("1,2\n3,\"" + much, 1 << 20).status().message() ==
        "t.csv:2:3: the row has more than 16777216 bytes: is the quote that begins here closed?");
  CHECK(ReadInPieces(std::string(kMaxCells, ','), 1 << 20).status().message() ==
        "t.csv:1:1000001: the row has more than 1000000 cells");
}

TEST_CASE("ForEachRecord stops at the first error of whoever takes the records") {
  int seen = 0;
  const absl::Status status = ForEachRecord("1\n2\n3\n", "t.csv", ',', [&](const CsvRecord& row) {
    ++seen;
    return row.cells[0].text == "2" ? absl::AbortedError("enough") : absl::OkStatus();
  });
  CHECK(status == absl::AbortedError("enough"));
  CHECK(seen == 2);
  CHECK(ForEachRecord("", "t.csv", ',', [](const CsvRecord&) {
          return absl::OkStatus();
        }).message() == "t.csv: the file is empty");
}

}  // namespace
}  // namespace mlp::testing
