// Tests that the program refuses malformed tables: its message for each, and that it makes no
// dataset of them.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "test/cli/files/gzipped.h"
#include "test/support/process.h"
#include "test/support/scratch.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

struct Malformed {
  std::string title;
  std::string bytes;
  std::string expected;  // in the message
  std::vector<std::string> options = {};
  std::string validation = "";  // bytes of the validation file; empty: there is none
};

std::string Damaged(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
  return bytes;
}

std::string Npy(const std::string& header, const std::string& data, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  bytes += static_cast<char>(header.size() + 1);
  bytes.append(version == 1 ? 1 : 3, '\0');
  return bytes + header + "\n" + data;
}

std::string NpyOf(const std::string& type, const std::string& order, const std::string& shape,
                  const std::string& data) {
  return Npy("{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }",
             data);
}

std::string Doubles(const std::vector<double>& numbers) {
  std::string bytes(numbers.size() * sizeof(double), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

const std::string kGood = "a,b,c\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n";
const std::string kFour(4 * 3 * sizeof(double), '\0');

// "a,label\n0,0\n1,1\n…", and each of them other than the others.
std::string NumberedRows(int rows, const std::string& prefix) {
  std::string text = "a,label\n";
  for (int i = 0; i < rows; ++i)
    text += prefix + std::to_string(i) + "," + std::to_string(i % 2) + "\n";
  return text;
}

std::string Labels(int rows) {
  std::string text = "a,label\n";
  for (int i = 0; i < rows; ++i) text += "1," + std::to_string(i) + "\n";
  return text;
}

const std::vector<Malformed> kCsv = {
    {"an empty file", "", "t.csv: the file is empty"},
    {"a byte order mark alone", "\xef\xbb\xbf", "t.csv: the file is empty"},
    {"a header alone", "a,b,c\n", "t.csv:1:1: there is no row after the header"},
    {"a header alone that is said to be one",
     "1,2,3\n",
     "t.csv:1:1: there is no row",
     {"--header", "yes"}},
    {"an unclosed quote", "a,b\n1,x\n2,\"y\n3,x\n",
     "t.csv:3:3: the quote that begins here is not closed: add"},
    {"text after a closing quote", "a,b\n1,\"x\"y\n", "t.csv:2:6: text after the closing quote"},
    {"a quote within a cell", "a,b\n1,x\"y\n", "t.csv:2:4: a quote within a cell"},
    {"a short row", "a,b\n1,x\n2\n", "t.csv:3:1: the row has 1 cells, the first row has 2: add"},
    {"a long row", "a,b\n1,x\n2,y,z\n", "t.csv:3:1: the row has 3 cells, the first row has 2"},
    {"an empty line", "a,b\n1,x\n\n2,y\n", "t.csv:3:1: empty line: remove it"},
    {"an empty line at the end", kGood + "\n", "t.csv:6:1: empty line: remove it"},
    {"a lone carriage return", "a,b\r1,x\r", "t.csv:1:4: a carriage return without a newline"},
    {"a zero byte", std::string("a,b\n1,x\0\n", 9), "t.csv:2:4: a zero byte: save"},
    {"UTF-16",
     std::string("\xff\xfe"
                 "a\0,\0b\0\n\0",
                 10),
     "t.csv:1:4: a zero byte: save"},
    {"Latin-1", "a,b\n1,Zo\xeb\n", "t.csv:2:3: 'Zo' is followed by what is no UTF-8: save"},
    {"a name twice", "a,a,c\n1,2,x\n",
     "t.csv:1:3: column 'a': another column has that name: rename"},
    {"a column without a name", ",b,c\n1,2,x\n",
     "t.csv:1:1: column 1 has no name: name it in the header, or leave it out (--ignore 1)"},
    {"one column", "a\n1\n2\n", "t.csv:1:1: the row has 1 columns: expected at least one feature"},
    {"all features ignored",
     kGood,
     "t.csv:1:1: the row has 3 columns: expected at least one",
     {"--ignore", "a,b"}},
    {"an unknown label",
     kGood,
     "t.csv:1:1: there is no column 'species'; there are a, b, c",
     {"--label", "species"}},
    {"the number of a label out of range",
     kGood,
     "t.csv:1:1: there is no column '4'",
     {"--label", "4"}},
    {"the number 0 as a label", kGood, "t.csv:1:1: there is no column '0'", {"--label", "0"}},
    {"a name where there is no header", "1,2\n3,4\n", "(the file has no header)", {"--label", "b"}},
    {"an unknown column to ignore",
     kGood,
     "t.csv:1:1: there is no column 'id'",
     {"--ignore", "id"}},
    {"an ignored label",
     kGood,
     "t.csv:1:5: column 'c': is the label: name another",
     {"--ignore", "c"}},
    {"a missing number", "a,b\n1,x\n,y\n", "t.csv:3:1: column 'a': a value is missing: fill it"},
    {"NA for a number", "a,b\n1,x\nNA,y\n", "t.csv:3:1: column 'a': a value is missing"},
    {"a question mark for a text", "a,b,c\n1,u,x\n2,?,y\n",
     "t.csv:3:3: column 'b': a value is missing"},
    {"nan for a number", "a,b\n1,x\nnan,y\n", "t.csv:3:1: column 'a': a value is missing"},
    {"a missing label", "a,b\n1,x\n2,\n", "t.csv:3:3: column 'b': the label is missing: fill it"},
    {"a missing label where values are imputed",
     "a,b\n1,x\n2,NA\n",
     "t.csv:3:3: column 'b': the label is missing",
     {"--impute"}},
    {"a column without a value",
     "a,b,c\n1,,x\n2,,y\n",
     "t.csv:1:3: column 'b': has no value at all: leave it out",
     {"--impute"}},
    {"infinity", "a,b\n1,x\ninf,y\n", "t.csv:3:1: column 'a': 'inf' is not finite"},
    {"a number out of range", "a,b\n1e999,x\n2,y\n",
     "t.csv:2:1: column 'a': '1e999' is beyond float64's range"},
    {"numbers too large to be standardised",
     "a,b\n1e308,x\n2e307,x\n-1e308,x\n1e307,y\n1e308,y\n-1e308,y\n",
     "t.csv: column 'a': its numbers are too large to be standardised: divide",
     {"--shards", "1"}},
    {"a text among numbers", "a,b\n1,x\n2,y\nthree,x\n",
     "t.csv:4:1: column 'a': 'three' is not a number, the column's first value (line 2) is: "
     "correct it"},
    {"too many texts", NumberedRows(1001, "t"),
     "t.csv:1002:1: column 'a': has more than 1000 different texts"},
    {"a single class", "a,b\n1,x\n2,x\n",
     "t.csv:2:3: column 'b': every row has the label 'x': classes are two at least"},
    {"a class that is no whole number", "a,b\n1,0\n2,0.5\n",
     "t.csv:3:3: column 'b': '0.5' is not a whole number, so no class: to predict numbers say "
     "--regression"},
    {"a thousand and one numbers as classes", Labels(1001),
     "t.csv:1002:3: column 'label': has more than 1000 different numbers, too many for classes"},
    {"a text label among numbers", "a,b\n1,0\n2,yes\n",
     "t.csv:3:3: column 'b': 'yes' is not a number, the first label (line 2) is: correct it"},
    {"a text to be predicted",
     "a,b\n1,x\n2,y\n",
     "t.csv:2:3: column 'b': 'x' is not a number: regression predicts numbers",
     {"--regression"}},
    {"an infinite number to be predicted",
     "a,b\n1,1\n2,-inf\n",
     "t.csv:3:3: column 'b': '-inf' is not finite",
     {"--regression"}},
    {"fewer rows than files", kGood, "t.csv:1:1: has 4 rows, too few for 4 shards and a valid"},
    {"fewer training rows than shards", kGood + "9,9,x\n",
     "t.csv:1:1: there are too few training rows for 4 shards; ask for fewer"},
    {"a class of one row",
     kGood + "1,1,z\n",
     "t.csv:6:5: column 'c': class 'z' has this row only",
     {"--shards", "1"}},
    {"another separator", "a;b\n1;x\n2;y\n",
     "t.csv:1:1: the row has 1 columns: expected at least one feature beside the label; are its "
     "cells separated otherwise (--separator ';')?"},
    {"another separator, and a label by name",
     "a;b\n1;x\n2;y\n",
     "t.csv:1:1: there is no column 'b'; there are a;b; are its cells separated otherwise "
     "(--separator ';')?",
     {"--label", "b"}},
    {"tabs", "a\tb\n1\tx\n",
     "t.csv:1:1: the row has 1 columns: expected at least one feature "
     "beside the label; are its cells separated otherwise (--separator tab)?"},
    {"a share of nothing", kGood, "--validation", {"--validation", "0"}},
    {"a share of everything", kGood, "--validation", {"--validation", "1"}},
    {"no shards", kGood, "--shards", {"--shards", "0"}},
    {"a separator of two characters", kGood, "--separator", {"--separator", "||"}},
    {"a blank as a separator", kGood, "--separator", {"--separator", " "}},
    {"an unknown format", kGood, "--format", {"--format", "xls"}},
    {"a share and a file for validation",
     kGood,
     "--validation",
     {"--validation", "0.2", "--validation-file", "v.csv"}},
};

std::vector<Malformed> Validation() {
  const std::vector<std::string> one = {"--shards", "1"};
  return {
      {"a validation file without a column", kGood, "v.csv:1:1: the header lacks 1 of the 2", one,
       "a,c\n1,x\n"},
      {"a validation file without the label", kGood, "v.csv:1:1: the label, column 'c', is missing",
       one, "a,b\n1,2\n"},
      {"a validation file with another class", kGood,
       "v.csv:2:5: column 'c': 'z' is none of the classes (x, y)", one, "a,b,c\n1,2,z\n"},
      {"a validation file with a text for a number", kGood,
       "v.csv:2:3: column 'b': 'two' is not a number", one, "a,b,c\n1,two,x\n"},
      {"a validation file without a row", kGood, "v.csv:1:1: there is no row", one, "a,b,c\n"},
      {"an empty validation file", kGood, "v.csv: the file is empty", one, "\xef\xbb\xbf"},
  };
}

std::vector<Malformed> Compressed() {
  const std::string gzip = Gzipped(kGood);
  return {
      {"a gzip file that was cut off", gzip.substr(0, gzip.size() - 9),
       "the compressed data ends too early: copy"},
      {"a gzip file of its header alone", gzip.substr(0, 10), "ends too early"},
      {"a gzip file with another checksum", Damaged(gzip, gzip.size() - 8),
       "the compressed data is damaged, or not gzip's: copy"},
      {"a gzip file with damaged data", Damaged(gzip, 12), "t.csv: byte"},
      {"a gzip file with more behind it", gzip + "more", "something else follows the compressed"},
      {"a malformed table in a gzip file", Gzipped("a,b\n1\n"), "t.csv:2:1: the row has 1 cells"},
  };
}

const std::vector<Malformed> kLibsvm = {
    {"LIBSVM without a colon", "1 1:2\n-1 3\n",
     "t.csv:2:4: '3' is no index:value: put a colon between the two"},
    {"LIBSVM with an index that is none", "1 1:2\n-1 x:1\n",
     "t.csv:2:4: index 'x' is not a whole number from 1 to 999999"},
    {"LIBSVM with the index 0", "1 0:2 1:1\n", "t.csv:1:3: index '0' is not a whole number from 1"},
    {"LIBSVM with a negative index", "1 1:2\n1 -3:1\n", "t.csv:2:3: index '-3' is not a whole"},
    {"LIBSVM with a huge index", "1 1:2\n1 99999999999:1\n", "t.csv:2:3: index '99999999999'"},
    {"LIBSVM with a descending index", "1 1:2 3:1 2:1\n",
     "t.csv:1:11: index 2 comes after 3: put them in ascending order, each once"},
    {"LIBSVM with an index twice", "1 1:2 1:3\n", "t.csv:1:7: index 1 comes after 1"},
    {"LIBSVM with a value that is no number", "1 1:2\n-1 1:x\n", "t.csv:2:4: 'x' is not a number"},
    {"LIBSVM without a value", "1 1:2\n-1 1:\n", "t.csv:2:4: a number is missing"},
    {"LIBSVM with a label that is no number", "1 1:2\nyes 1:1\n",
     "t.csv:2:1: label 'yes' is not a number"},
    {"LIBSVM with ranking groups", "1 1:2\n1 qid:1 1:1\n", "t.csv:2:3: index 'qid'"},
    {"LIBSVM of comments", "# nothing\n", "t.csv: the file is empty", {"--format", "libsvm"}},
    {"LIBSVM without an index",
     "1\n-1\n",
     "t.csv:1:1: no line has an index:value",
     {"--format", "libsvm"}},
    {"LIBSVM with a label's column", "1 1:2\n-1 1:3\n", "leave out --label", {"--label", "1"}},
    {"LIBSVM for validation with more features",
     "1 1:2\n-1 1:3\n",
     "v.csv:1:3: index 2 is beyond the 1 features",
     {"--shards", "1"},
     "1 2:1\n"},
    {"LIBSVM that would be too large",
     "1 1:1\n1 999999:1\n" +
         [] {
           std::string rows;
           for (int i = 0; i < 300; ++i) rows += i % 2 == 0 ? "0 1:1\n" : "1 1:1\n";
           return rows;
         }(),
     "302 rows of 999999 features are more than"},
};

const std::vector<Malformed> kNumPy = {
    {"an array file of another program",
     "\x93NUMPU",
     "t.csv:1:1: is no NumPy array file",
     {"--format", "npy"}},
    {"an array file of version 9", Npy("{}", "", 9), "t.csv:1:7: the format's version is not"},
    {"an array file that ends in its header", Npy("{'descr': '<f8'", "").substr(0, 15),
     "the file ends within its header"},
    {"an array in Fortran order", NpyOf("<f8", "True", "(4, 3)", kFour),
     "the array is in Fortran order; save it with"},
    {"an array of one dimension", NpyOf("<f8", "False", "(12,)", kFour),
     "the array has 1 dimensions; 2 are needed"},
    {"an array of three dimensions", NpyOf("<f8", "False", "(2, 2, 3)", kFour),
     "the array has 3 dimensions; 2 are needed"},
    {"an array of objects", NpyOf("|O", "False", "(4, 3)", kFour),
     "elements of type '|O' are not read"},
    {"an array of big-endian numbers", NpyOf(">f8", "False", "(4, 3)", kFour),
     "elements of type '>f8' are not read, little-endian floats"},
    {"an array of fields",
     Npy("{'descr': [('a', '<f8')], 'fortran_order': False, "
         "'shape': (4,), }",
         kFour),
     "the array has fields or objects"},
    {"an array that was cut off", NpyOf("<f8", "False", "(4, 3)", kFour.substr(1)),
     "t.csv:4:1: the file has 95 bytes of numbers, its header says 4 rows of 24"},
    {"an array with more behind it", NpyOf("<f8", "False", "(4, 3)", kFour + "x"),
     "t.csv:5:1: the file has 97 bytes of numbers"},
    {"an array whose size overflows", NpyOf("<f8", "False", "(1537228672809129302, 3)", kFour),
     "the file has 96 bytes"},
    {"an array without rows", NpyOf("<f8", "False", "(0, 3)", ""), "the array has 0 rows"},
    {"an array with a garbled header", Npy("{'descr': '<f8', 'fortran_order': Fa", kFour),
     "the header is damaged: expected False"},
    {"an array with an unknown key", Npy("{'type': '<f8'}", kFour), "the header is damaged"},
    {"an array without a shape", Npy("{'descr': '<f8', 'fortran_order': False}", kFour),
     "expected 'descr', 'fortran_order' and 'shape'"},
    {"an array with nan", NpyOf("<f8", "False", "(2, 2)", Doubles({1, 0, NAN, 1})),
     "t.csv:2:1: column '1': a value is missing"},
    {"an array with infinity", NpyOf("<f8", "False", "(2, 2)", Doubles({1, 0, INFINITY, 1})),
     "t.csv:2:1: column '1': 'inf' is not finite"},
    {"an array whose label is no class", NpyOf("<f8", "False", "(2, 2)", Doubles({1, 0, 2, .5})),
     "t.csv:2:2: column '2': '0.5' is not a whole number"},
    {"an array without that column",
     NpyOf("<f8", "False", "(2, 2)", Doubles({1, 0, 2, 1})),
     "there is no column '3'",
     {"--label", "3"}},
    {"an array for validation with another width",
     NpyOf("<f8", "False", "(2, 2)", Doubles({1, 0, 2, 1})),
     "v.csv:1:1: the row has 4 cells",
     {"--shards", "1"},
     NpyOf("<f8", "False", "(1, 4)", Doubles({1, 0, 2, 1}))},
};

void CheckTableRefused(const Malformed& table) {
  INFO(table.title);
  const test::Scratch scratch;
  std::ofstream(scratch.path() / "t.csv", std::ios::binary) << table.bytes;
  std::vector<std::string> command = {MLP_BIN_DIR "/mlp-client", "dataset", "split", "t.csv"};
  command.insert(command.end(), table.options.begin(), table.options.end());
  std::ptrdiff_t files = 1;
  if (!table.validation.empty()) {
    std::ofstream(scratch.path() / "v.csv", std::ios::binary) << table.validation;
    command.insert(command.end(), {"--validation-file", "v.csv"});
    ++files;
  }
  const test::ProcessResult refused = test::Run(command, {{}, scratch.path()});
  INFO(refused.out << refused.err);
  CHECK((refused.exit_code == 1 || refused.exit_code == 2));
  CHECK_THAT(refused.err, Catch::Contains(table.expected));
  CHECK(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()) == files);
}

TEST_CASE("malformed CSV is refused with file, line, column and what to do") {
  for (const Malformed& table : kCsv) CheckTableRefused(table);
}
TEST_CASE("a validation file that does not fit is refused") {
  for (const Malformed& table : Validation()) CheckTableRefused(table);
}
TEST_CASE("damaged gzip is refused") {
  for (const Malformed& table : Compressed()) CheckTableRefused(table);
}
TEST_CASE("malformed LIBSVM is refused with file, line and column") {
  for (const Malformed& table : kLibsvm) CheckTableRefused(table);
}
TEST_CASE("NumPy arrays that are no tables are refused with the place in the file") {
  for (const Malformed& table : kNumPy) CheckTableRefused(table);
}

TEST_CASE("the tables that the malformed ones are made from are fine") {
  const test::Scratch scratch;
  const std::vector<std::pair<std::string, std::string>> tables = {
      {"good", kGood},
      {"gzip", Gzipped(kGood)},
      {"two", Gzipped("a,b,c\n1,2,x\n") + Gzipped("3,4,y\n3,4,x\n7,8,y\n")},
      {"libsvm", "+1 1:2 3:.5 # comment\n\n-1 2:1e0\n+1\n-1 1:1\n"},
      {"npy", NpyOf("<f8", "False", "(4, 3)", Doubles({1, 2, 0, 3, 4, 1, 5, 6, 0, 7, 8, 1}))},
      {"npy2", Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 2)}",
                   std::string("\1\0\2\1\3\0\4\1", 8), 2)}};
  for (const auto& [name, bytes] : tables) {
    std::ofstream(scratch.path() / name, std::ios::binary) << bytes;
    const test::ProcessResult split = test::Run({MLP_BIN_DIR "/mlp-client", "dataset", "split",
                                                 name, "--shards", "1", "--out", name + ".dir"},
                                                {{}, scratch.path()});
    INFO(name << ": " << split.err);
    CHECK(split.exit_code == 0);
    CHECK_THAT(split.out, Catch::Contains("2 rows in 1 shards, 2 validation rows"));
    CHECK(fs::exists(scratch.path() / (name + ".dir") / "schema.json"));
  }
}

}  // namespace
}  // namespace mlp::cli
