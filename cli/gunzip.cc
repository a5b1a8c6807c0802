#include "cli/gunzip.h"

#include <zlib.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libmlp/dataset.h"

namespace mlp::cli {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr int kGzip = 16 + MAX_WBITS;  // as inflateInit2 takes it

class Inflater {
 public:
  explicit Inflater(std::string_view bytes) : left_(bytes) { inflateInit2(&stream_, kGzip); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Z_OK: there is more.
  int Next(std::string& text) {
    const std::size_t input = std::min(left_.size(), kPiece), before = text.size();
    text.resize(before + kPiece);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(left_.data()));
    stream_.avail_in = static_cast<uInt>(input);
    stream_.next_out = reinterpret_cast<Bytef*>(text.data() + before);
    stream_.avail_out = kPiece;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    left_.remove_prefix(input - stream_.avail_in);
    text.resize(before + kPiece - stream_.avail_out);
    return result;
  }
  void NextMember() { inflateReset2(&stream_, kGzip); }
  std::string_view left() const { return left_; }

 private:
  std::string_view left_;
  z_stream stream_ = {};
};

absl::Status Bad(const std::string& name, std::size_t byte, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": byte ", byte + 1, ": ", what));
}

}  // namespace

bool LooksLikeGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

absl::StatusOr<std::string> Gunzip(std::string_view bytes, const std::string& name) {
  Inflater inflater(bytes);
  std::string text;
  while (true) {
    const int result = inflater.Next(text);
    const std::size_t at = bytes.size() - inflater.left().size();
    if (text.size() > kMaxFileBytes) {
      return Bad(
          name, at,
          absl::StrCat("holds more than ", kMaxFileBytes, " bytes: split what is compressed"));
    }
    if (result == Z_STREAM_END) {
      if (inflater.left().empty()) return text;
      if (!LooksLikeGzip(inflater.left())) {
        return Bad(name, at, "something else follows the compressed data: compress the file again");
      }
      inflater.NextMember();
    } else if (result == Z_BUF_ERROR) {
      return Bad(name, at, "the compressed data ends too early: copy or compress the file again");
    } else if (result != Z_OK) {
      return Bad(name, at, "the compressed data is damaged: copy or compress the file again");
    }
  }
}

}  // namespace mlp::cli
