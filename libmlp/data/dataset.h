// Labelled rows in text files, and directories of them.
//
// A dataset is a directory of `train_*` files, the shards, in natural order (2 before 10), one
// `validate_*` file and, where its rows mean more than numbers, `schema.json`
// (libmlp/data/schema.h). A row is comma-separated numbers, the last one the class, a whole number
// from 0, or in regression the target, any finite number. CRLF and a missing final newline are
// fine, other empty lines are not. The number of features and classes comes from the data. Errors
// name file, line and column (both from 1; the column counts bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xtensor.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/model/parameters.h"

namespace mlp {

struct Shard {
  Matrix<double> features;                          // (rows, features)
  xt::xtensor<std::int32_t, 1> labels;              // (rows), 0 .. classes - 1; (0) in regression
  Vector<double> targets = xt::empty<double>({0});  // (rows) in regression; else (0)

  std::size_t rows() const { return features.shape(0); }
  std::size_t feature_count() const { return features.shape(1); }
  bool regression() const { return targets.size() > 0; }
  // Greatest label + 1; 1 in regression.
  std::size_t class_count() const;
};

// The sum over a regression shard's rows of (target - mean target)^2; 0 for classes.
double TotalSquares(const Shard& shard);

inline constexpr std::int64_t kMaxClasses = 65'536;
inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

// What the last column of a row is.
enum class LabelKind : std::uint8_t { kClass, kNumber };

// Parses the text of one file; `name` is what errors call it. Blanks around a number are fine.
// InvalidArgument: empty file, empty line, ragged row, fewer than two columns, not a number, nan or
// inf, beyond the range of float64, class not a whole number from 0 to kMaxClasses - 1.
absl::StatusOr<Shard> ParseShard(std::string_view text, std::string_view name,
                                 LabelKind kind = LabelKind::kClass);

// Compares file names so that numbers in them count as numbers: "train_2" before "train_10".
bool NaturalLess(std::string_view a, std::string_view b);

struct DatasetFiles {
  std::vector<std::string> train;  // file names, natural order, at least one
  std::string validation;          // file name
  std::string schema;              // kSchemaFile, or empty where there is none
};

inline constexpr std::string_view kSchemaFile = "schema.json";

// Finds the files of the dataset in `directory`. NotFound: no such directory. InvalidArgument: no
// shards, no validation file or more than one.
absl::StatusOr<DatasetFiles> ListDatasetFiles(const std::filesystem::path& directory);

// The bytes of a file. NotFound, or InvalidArgument where it is no regular file or larger than
// kMaxFileBytes.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path);

// The directory or file that `name` means below `root`, which must exist. InvalidArgument where
// `name` is empty, absolute, has a ".." component, or leads outside `root` through a link;
// NotFound where nothing is there.
absl::StatusOr<std::filesystem::path> ResolveBelow(const std::filesystem::path& root,
                                                   std::string_view name);

}  // namespace mlp
