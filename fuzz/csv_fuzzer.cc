// Fuzzes the text of a shard.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "fuzz/check.h"
#include "libmlp/data/shard.h"

namespace mlp {
namespace {

using fuzz::Check;

void CheckParsed(const Shard& shard, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  Check(shard.rows() == lines + (text.back() == '\n' ? 0 : 1), "a row for every line");
  Check(shard.labels.size() == shard.rows(), "a label for every row");
  Check(shard.features.shape(0) == shard.rows() && shard.feature_count() >= 1,
        "features for every row");
  Check(std::all_of(shard.features.begin(), shard.features.end(),
                    [](double value) { return std::isfinite(value); }),
        "features are finite");
  Check(std::all_of(shard.labels.begin(), shard.labels.end(),
                    [](std::int32_t label) { return label >= 0 && label < kMaxClasses; }),
        "labels are classes");
  Check(shard.class_count() <= static_cast<std::size_t>(kMaxClasses), "classes have a limit");
}

}  // namespace
}  // namespace mlp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto shard = mlp::ParseShard(text, "fuzz.csv");
  if (shard.ok()) {
    mlp::CheckParsed(*shard, text);
  } else {
    mlp::fuzz::Check(absl::IsInvalidArgument(shard.status()), "bad text is INVALID_ARGUMENT");
  }
  return 0;
}
