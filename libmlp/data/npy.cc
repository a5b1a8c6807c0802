#include "libmlp/data/npy.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "libmlp/data/cell.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::string_view kSave =
    "; save it with np.save(FILE, np.ascontiguousarray(array, '<f8'))";

struct ElementType {
  std::string_view code;
  std::size_t bytes;
  std::string (*text)(const char* element);
};

template <class Number>
std::string TextOf(const char* element) {
  Number number;
  std::memcpy(&number, element, sizeof number);
  if constexpr (std::is_floating_point_v<Number>) {
    return std::isnan(number) ? "nan" : NumberText(static_cast<double>(number));
  } else {
    return absl::StrCat(number);
  }
}

template <class Number>
constexpr ElementType Type(std::string_view code) {
  return {code, sizeof(Number), &TextOf<Number>};
}

constexpr std::array kTypes = {
    Type<double>("<f8"),        Type<float>("<f4"),         Type<std::int64_t>("<i8"),
    Type<std::int32_t>("<i4"),  Type<std::int16_t>("<i2"),  Type<std::int8_t>("|i1"),
    Type<std::uint64_t>("<u8"), Type<std::uint32_t>("<u4"), Type<std::uint16_t>("<u2"),
    Type<std::uint8_t>("|u1"),  Type<std::uint8_t>("|b1"),
};

struct Array {
  const ElementType* type = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::string_view data;
};

// Reads the header, a Python dictionary such as
// {'descr': '<f8', 'fortran_order': False, 'shape': (150, 5), }
class HeaderReader {
 public:
  HeaderReader(std::string_view bytes, std::size_t begin, std::size_t end, std::string_view name)
      : text_(bytes.substr(0, end)), at_(begin), name_(name) {}

  absl::StatusOr<Array> Read() {
    absl::Status status = Expect("{");
    while (status.ok() && !Skip("}")) {
      status = ReadEntry();
      if (status.ok() && !Skip(",")) {
        status = Expect("}");
        break;
      }
    }
    SkipBlanks();
    if (status.ok() && at_ < text_.size()) status = Bad("nothing but a newline");
    if (status.ok() && (array_.type == nullptr || !has_order_ || !has_shape_)) {
      status = Bad("'descr', 'fortran_order' and 'shape'");
    }
    if (!status.ok()) return status;
    return array_;
  }

 private:
  absl::Status ReadEntry() {
    SkipBlanks();
    const TextPlace place = {1, at_ + 1};
    if (SkipKey("descr")) return ReadType();
    if (SkipKey("fortran_order")) {
      has_order_ = true;
      if (Skip("True")) return Refuse("the array is in Fortran order");
      return Expect("False");
    }
    if (SkipKey("shape")) return ReadShape();
    return BadText(name_, place, absl::StrCat("the header is damaged", AbslView(kSave)));
  }

  absl::Status ReadType() {
    SkipBlanks();
    const std::size_t begin = at_ + 1;
    if (!Skip("'")) return Refuse("the array has fields or objects");
    const std::size_t end = text_.find('\'', begin);
    if (end == std::string_view::npos) return Bad("'");
    const std::string_view code = text_.substr(begin, end - begin);
    for (const ElementType& type : kTypes) {
      if (type.code == code) array_.type = &type;
    }
    if (array_.type == nullptr) {
      return Refuse("elements of type " + Quoted(code) +
                    " are not read, little-endian floats of 4 or 8 bytes and integers are");
    }
    at_ = end + 1;
    return absl::OkStatus();
  }

  absl::Status ReadShape() {
    if (absl::Status status = Expect("("); !status.ok()) return status;
    std::vector<std::size_t> sizes;
    while (!Skip(")")) {
      SkipBlanks();
      std::size_t size = 0;
      const char* const end = text_.data() + text_.size();
      const auto [stop, error] = std::from_chars(text_.data() + at_, end, size);
      if (error != std::errc()) return Bad("a whole number");
      at_ = static_cast<std::size_t>(stop - text_.data());
      sizes.push_back(size);
      if (!Skip(",")) {
        if (absl::Status status = Expect(")"); !status.ok()) return status;
        break;
      }
    }
    has_shape_ = true;
    if (sizes.size() != 2) {
      return Refuse(absl::StrCat("the array has ", sizes.size(),
                                 " dimensions; 2 are needed: a row for each sample, the label one "
                                 "of its columns"));
    }
    array_.rows = sizes[0];
    array_.columns = sizes[1];
    if (array_.rows > 0 && array_.columns > 0 && array_.columns <= kMaxCells) {
      return absl::OkStatus();
    }
    return Refuse(absl::StrCat("the array has ", array_.rows, " rows and ", array_.columns,
                               " columns; expected at least one and at most ", kMaxCells,
                               " columns"));
  }

  void SkipBlanks() { at_ = std::min(text_.find_first_not_of(" \n", at_), text_.size()); }
  bool Skip(std::string_view word) {
    SkipBlanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool SkipKey(const std::string& key) {
    const std::size_t before = at_;
    if (Skip("'" + key + "'") && Skip(":")) return true;
    at_ = before;
    return false;
  }
  absl::Status Expect(std::string_view word) { return Skip(word) ? absl::OkStatus() : Bad(word); }
  absl::Status Bad(std::string_view expected) const {
    return Refuse(absl::StrCat("the header is damaged: expected ", AbslView(expected)));
  }
  absl::Status Refuse(const std::string& what) const {
    return BadText(name_, {1, at_ + 1}, absl::StrCat(what, AbslView(kSave)));
  }

  std::string_view text_;
  std::size_t at_;
  std::string_view name_;
  Array array_;
  bool has_order_ = false;
  bool has_shape_ = false;
};

absl::StatusOr<Array> Parse(std::string_view bytes, std::string_view name) {
  if (!LooksLikeNpy(bytes)) return BadText(name, {}, "is no NumPy array file (.npy)");
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(bytes[i] & 0xff); };
  const std::size_t version = bytes.size() > 7 ? byte(6) : 0;
  if (version < 1 || version > 3 || byte(7) != 0) {
    return BadText(name, {1, 7}, "the format's version is not 1, 2 or 3");
  }
  const std::size_t begin = version == 1 ? 10 : 12;
  std::size_t length = 0;
  for (std::size_t i = begin; i-- > 8;) length = bytes.size() > i ? length << 8 | byte(i) : 0;
  if (bytes.size() < begin || bytes.size() - begin < length) {
    return BadText(name, {1, bytes.size() + 1}, "the file ends within its header");
  }
  absl::StatusOr<Array> array = HeaderReader(bytes, begin, begin + length, name).Read();
  if (!array.ok()) return array;
  array->data = bytes.substr(begin + length);
  const std::size_t row = array->columns * array->type->bytes;
  if (array->data.size() % row == 0 && array->data.size() / row == array->rows) return array;
  return BadText(
      name, {array->data.size() / row + 1, 1},
      absl::StrCat("the file has ", array->data.size(),
                   " bytes of numbers, its header "
                   "says ",
                   array->rows, " rows of ", row, ": it is damaged or not whole, save it again"));
}

}  // namespace

bool LooksLikeNpy(std::string_view bytes) { return bytes.starts_with(kMagic); }

absl::Status ForEachNpyRecord(std::string_view bytes, std::string_view name,
                              const std::function<absl::Status(const CsvRecord&)>& take) {
  const absl::StatusOr<Array> array = Parse(bytes, name);
  if (!array.ok()) return array.status();
  CsvRecord record;
  record.cells.resize(array->columns);
  const char* element = array->data.data();
  for (std::size_t row = 1; row <= array->rows; ++row) {
    for (std::size_t column = 1; column <= array->columns; ++column) {
      record.cells[column - 1] = {array->type->text(element), {row, column}};
      element += array->type->bytes;
    }
    if (absl::Status status = take(record); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace mlp
