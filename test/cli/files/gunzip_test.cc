#include "cli/files/gunzip.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

#include "test/cli/files/gzipped.h"

namespace mlp::cli {
namespace {

using Catch::Contains;

// Gives so many bytes at a time.
RowBlocks::Source InPieces(std::string_view bytes, std::size_t piece) {
  return [bytes, piece]() mutable -> absl::StatusOr<std::string_view> {
    const std::string_view next = bytes.substr(0, piece);
    bytes.remove_prefix(next.size());
    return next;
  };
}

absl::StatusOr<std::string> AllOf(const RowBlocks::Source& source) {
  std::string text;
  while (true) {
    const absl::StatusOr<std::string_view> piece = source();
    if (!piece.ok()) return piece.status();
    if (piece->empty()) return text;
    text += *piece;
  }
}

// Compresses to a hundredth, so that a few bytes give more than the unpacker takes at a time.
std::string LongText() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "0.5,1.5,2.5,x\n";
  return text;
}

TEST_CASE("what was compressed comes back from pieces of any size, of several members too") {
  const std::string text = LongText();
  const std::string two = Gzipped(text) + Gzipped("the end");
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, two.size()}) {
    const auto unpacked = AllOf(Unpacked(InPieces(two, piece), "t.gz"));
    REQUIRE(unpacked.ok());
    CHECK(*unpacked == text + "the end");
  }
  CHECK(Gunzip(two, "t.gz").value() == text + "the end");
}

TEST_CASE("bytes that gzip did not write come through as they are") {
  for (const std::string text : {"", "a,b\n1,2\n"}) {
    CHECK(AllOf(Unpacked(InPieces(text, 3), "t.csv")).value() == text);
  }
}

TEST_CASE("what was damaged on its way is refused with the byte, in pieces or not") {
  const std::string good = Gzipped("a,b\n1,2\n3,4\n");
  std::string damaged = good;
  damaged[good.size() - 8] ^= 1;  // of the checksum
  for (const std::size_t piece : {std::size_t{1}, good.size() + 9}) {
    const auto fails = [&](const std::string& bytes) {
      return std::string(AllOf(Unpacked(InPieces(bytes, piece), "t.gz")).status().message());
    };
    CHECK_THAT(
        fails(good.substr(0, good.size() - 1)),
        Contains("t.gz: byte " + std::to_string(good.size()) + ": the compressed data ends"));
    CHECK_THAT(fails(damaged), Contains("t.gz: byte ") && Contains("is damaged"));
    CHECK_THAT(fails(good + "x"),
               Contains("byte " + std::to_string(good.size() + 1) + ": something else follows"));
  }
}

}  // namespace
}  // namespace mlp::cli
