#include "cli/files/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libmlp/data/dataset_files.h"

namespace mlp::cli {
namespace {

constexpr std::size_t kOutputPiece = std::size_t{1} << 18;
constexpr int kGzip = 16 + MAX_WBITS;  // as inflateInit2 takes it

class Unpacker {
 public:
  Unpacker(RowBlocks::Source source, std::string name)
      : source_(std::move(source)), name_(std::move(name)) {
    inflateInit2(&stream_, kGzip);
  }
  ~Unpacker() { inflateEnd(&stream_); }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  // Returns the next bytes, as a RowBlocks::Source does.
  absl::StatusOr<std::string_view> Next() {
    while (true) {
      const bool more_output = state_ == State::kWithin && stream_.avail_out == 0;
      if (input_.empty() && !more_output) {
        const absl::StatusOr<std::string_view> read = source_();
        if (!read.ok()) return read;
        input_ = *read;
        if (input_.empty() && state_ == State::kWithin) {
          return Bad("the compressed data ends too early: copy or compress the file again");
        }
        if (input_.empty()) return input_;
      }
      if (absl::Status begun = Begin(); !begun.ok()) return begun;
      if (state_ == State::kPlain) return std::exchange(input_, {});
      const absl::StatusOr<std::string_view> text = Inflate();
      if (!text.ok() || !text->empty()) return text;
    }
  }

 private:
  enum class State : std::uint8_t { kBegin, kPlain, kWithin, kBetween };

  absl::Status Begin() {
    if (state_ == State::kBegin) {
      state_ = LooksLikeGzip(input_) ? State::kWithin : State::kPlain;
    } else if (state_ == State::kBetween) {
      if (!LooksLikeGzip(input_)) {
        return Bad("something else follows the compressed data: compress the file again");
      }
      inflateReset2(&stream_, kGzip);
      state_ = State::kWithin;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string_view> Inflate() {
    const std::size_t input = std::min(input_.size(), kOutputPiece);
    output_.resize(kOutputPiece);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
    stream_.avail_in = static_cast<uInt>(input);
    stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
    stream_.avail_out = kOutputPiece;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    taken_ += input - stream_.avail_in;
    input_.remove_prefix(input - stream_.avail_in);
    if (result == Z_STREAM_END) {
      state_ = State::kBetween;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {  // the latter: it needs more bytes
      return Bad("the compressed data is damaged, or not gzip's: copy or compress the file again");
    }
    return std::string_view(output_.data(), kOutputPiece - stream_.avail_out);
  }

  absl::Status Bad(const std::string& what) const {
    return absl::InvalidArgumentError(absl::StrCat(name_, ": byte ", taken_ + 1, ": ", what));
  }

  const RowBlocks::Source source_;
  const std::string name_;
  State state_ = State::kBegin;
  std::string_view input_;  // of the source, not taken yet
  std::size_t taken_ = 0;   // bytes before it
  std::vector<char> output_;
  z_stream stream_ = {};
};

}  // namespace

bool LooksLikeGzip(std::string_view bytes) { return bytes.starts_with('\x1f'); }

RowBlocks::Source Unpacked(RowBlocks::Source source, std::string name) {
  return [unpacker = std::make_shared<Unpacker>(std::move(source), std::move(name))] {
    return unpacker->Next();
  };
}

absl::StatusOr<std::string> Gunzip(std::string_view bytes, const std::string& name) {
  Unpacker unpacker([&] { return std::exchange(bytes, {}); }, name);
  std::string text;
  while (true) {
    const absl::StatusOr<std::string_view> piece = unpacker.Next();
    if (!piece.ok()) return piece.status();
    if (piece->empty()) return text;
    text += *piece;
    if (text.size() > kMaxFileBytes) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": holds more than ", kMaxFileBytes,
                                                     " bytes: split what is compressed"));
    }
  }
}

}  // namespace mlp::cli
