#include "cli/show/dataset_text.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "services/base/printable.h"

namespace mlp::cli {

std::string BytesText(std::int64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  return absl::StrFormat("%.1f %s", size, kUnits[unit]);
}

std::int64_t BytesOf(const v1::Dataset& dataset) {
  std::int64_t bytes = 0;
  for (const v1::DatasetFile& file : dataset.files()) bytes += file.bytes();
  return bytes;
}

std::string DescriptionOf(const v1::Dataset& dataset) {
  return absl::StrCat(dataset.shards(), dataset.shards() == 1 ? " shard, " : " shards, ",
                      dataset.training_rows(), " training rows, ", dataset.validation_rows(),
                      " validation rows, ", dataset.features(), " features, ",
                      dataset.regression() ? absl::StrCat("to predict ", dataset.label())
                                           : absl::StrCat(dataset.classes(), " classes"));
}

std::string ContentText(const Schema& schema) {
  const std::size_t features = schema.features();
  const std::string counted = absl::StrCat(features, features == 1 ? " feature" : " features");
  if (schema.regression()) return absl::StrCat(counted, ", to predict ", Printable(schema.label));
  constexpr std::size_t kShown = 10;
  const std::size_t shown = std::min(schema.classes.size(), kShown);
  const std::string names =
      absl::StrJoin(schema.classes.begin(), schema.classes.begin() + shown, ", ");
  return absl::StrCat(counted, ", ", schema.classes.size(), " classes (", Printable(names),
                      shown < schema.classes.size() ? ", …)" : ")");
}

}  // namespace mlp::cli
