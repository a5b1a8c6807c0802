#include "cli/split_rows.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libmlp/dataset.h"

namespace mlp::cli {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): std::shuffle may differ from library to library.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  // 0 to `limit` - 1, each as likely as the others.
  std::uint64_t Below(std::uint64_t limit) {
    const std::uint64_t unfair = -limit % limit;  // 2^64 mod limit
    std::uint64_t drawn = Next();
    while (drawn < unfair) drawn = Next();
    return drawn % limit;
  }

 private:
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, newline);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(newline + 1, text.size()));
  }
  return lines;
}

absl::Status Explain(const absl::Status& malformed, std::string_view name) {
  const std::string first_line = absl::StrCat(std::string(name), ":1:");
  if (!absl::StartsWith(malformed.message(), first_line)) return malformed;
  return absl::InvalidArgumentError(
      absl::StrCat(malformed.message(),
                   "; rows must be numbers with the class, a whole number from "
                   "0, last: remove a header line, encode words"));
}

std::string TextOf(const std::vector<std::string_view>& lines, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) absl::StrAppend(&text, std::string(lines[i]), "\n");
  return text;
}

}  // namespace

absl::StatusOr<SplitFiles> SplitRows(std::string_view text, std::string_view name,
                                     const SplitOptions& options) {
  const absl::StatusOr<Shard> checked = ParseShard(text, name);
  if (!checked.ok()) return Explain(checked.status(), name);
  std::vector<std::string_view> lines = LinesOf(text);
  const auto shards = static_cast<std::size_t>(options.shards);
  if (lines.size() < shards + 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(name), ": has ", lines.size(), " rows, too few for ", shards,
                     " shards and a validation file; ask for fewer --shards"));
  }
  Generator generator(options.seed);
  for (std::size_t i = lines.size() - 1; i > 0; --i) {
    std::swap(lines[i], lines[generator.Below(i + 1)]);
  }
  SplitFiles files;
  const double wanted = std::round(options.validation * static_cast<double>(lines.size()));
  files.validation_rows =
      std::clamp(static_cast<std::size_t>(wanted), std::size_t{1}, lines.size() - shards);
  files.training_rows = lines.size() - files.validation_rows;
  for (std::size_t shard = 0; shard < shards; ++shard) {
    files.train.push_back(TextOf(lines, shard * files.training_rows / shards,
                                 (shard + 1) * files.training_rows / shards));
  }
  files.validation = TextOf(lines, files.training_rows, lines.size());
  return files;
}

}  // namespace mlp::cli
