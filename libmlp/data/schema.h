// What the columns of a table mean to a model: how a row becomes features, and what classes are
// called. Pure data; conversions are in encode_row.h and services/wire/schema_proto.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mlp {

struct Column {
  std::string name;
  // The texts it may have, each once: one feature for each, 1 where it is the row's. Empty: a
  // number.
  std::vector<std::string> categories;
  // What stands in for a missing number or text; none: a missing one is refused.
  std::optional<double> imputed_number;
  std::optional<std::string> imputed_category;
  // A number becomes (number - mean) / scale. 0 and 1: as it is.
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

// InvalidArgument, which names the place ("columns[2].scale"): no columns, an empty name or one
// that two have (the label's too), a category or class that is there twice, more than
// kMaxCategories, texts beyond the limits above, a mean that is not finite, a scale that is not
// finite and greater than 0, an imputed value that the column cannot have.
absl::Status CheckSchema(const Schema& schema);

}  // namespace mlp
