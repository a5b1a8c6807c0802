// The meaning of a table's columns to a model: how a row becomes features, and the names of the
// classes. Pure data; conversions are in encode_row.h and services/wire/schema_proto.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mlp {

struct Column {
  std::string name;
  // The texts that the column may have, each once. Each is a feature, which is 1 in the rows that
  // have the text. A column without categories is a number.
  std::vector<std::string> categories;
  // The substitute for a missing number or text; without one, a missing value is refused.
  std::optional<double> imputed_number;
  std::optional<std::string> imputed_category;
  // A number becomes (number - mean) / scale. With 0 and 1 it stays as it is.
  double mean = 0;
  double scale = 1;

  std::size_t features() const { return categories.empty() ? 1 : categories.size(); }
  friend bool operator==(const Column&, const Column&) = default;
};

struct Schema {
  std::vector<Column> columns;       // in the order of the features
  std::string label;                 // name of the column with the class or number to predict
  std::vector<std::string> classes;  // names, by number; empty: regression

  bool regression() const { return classes.empty(); }
  std::size_t features() const;
  friend bool operator==(const Schema&, const Schema&) = default;
};

inline constexpr std::size_t kMaxCategories = 1000;
inline constexpr std::size_t kMaxTextBytes = 1024;                    // of a name or a text
inline constexpr std::size_t kMaxSchemaBytes = std::size_t{8} << 20;  // of all of them
// Of a file with a schema: JSON has names of fields, quotes and blanks beside the texts.
inline constexpr std::size_t kMaxSchemaFileBytes = 2 * kMaxSchemaBytes;

// InvalidArgument, which names the place ("columns[2].scale"): no columns, an empty name or one
// that two have (the label's too), a category or class that is there twice, more than
// kMaxCategories, texts beyond the limits above, a mean that is not finite, a scale that is not
// finite and greater than 0, an imputed value that the column cannot have.
absl::Status CheckSchema(const Schema& schema);

}  // namespace mlp
