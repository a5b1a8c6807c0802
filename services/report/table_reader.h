// Reads one TOML table: each key once, with its type and its limits, and nothing else. The first
// error is kept; everything that is read after it is a default.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/report/toml.h"

namespace mlp::report {

// Parses `text`, all of a file that errors call `name`, into a table. InvalidArgument "NAME:LINE:
// column COLUMN: is no TOML: why".
absl::StatusOr<toml::table> ParseToml(std::string_view text, std::string_view name);

// Collects errors and keeps the first.
class Problems {
 public:
  explicit Problems(std::string_view file) : file_(file) {}
  void Add(const toml::source_region& where, std::string_view key, std::string_view what);
  // The first error.
  const absl::Status& status() const { return status_; }

 private:
  std::string file_;
  absl::Status status_;
};

class TableReader {
 public:
  // `path` is the text that errors put before a key: "" or "policy[2].".
  TableReader(const toml::table& table, std::string path, Problems& problems)
      : table_(table), path_(std::move(path)), problems_(problems) {}

  std::optional<std::string> Text(std::string_view key);
  std::optional<std::int64_t> Whole(std::string_view key, std::int64_t least, std::int64_t most);
  std::optional<double> Number(std::string_view key, double least, double most);
  // Reads a number with its unit, such as "20ms".
  std::optional<std::chrono::nanoseconds> Time(std::string_view key);
  // Reads one number or an array of numbers.
  std::optional<std::vector<double>> Numbers(std::string_view key, double least, double most);
  std::optional<std::vector<std::int64_t>> Wholes(std::string_view key, std::int64_t least,
                                                  std::int64_t most);
  // Reads a table; one that is not there is empty.
  const toml::table* Table(std::string_view key);
  // Reads an array of tables, at least one.
  std::vector<const toml::table*> Tables(std::string_view key);

  bool Has(std::string_view key) const { return table_.contains(key); }
  // Reports that the value at `key`, or the table if there is no such value, is wrong.
  void Refuse(std::string_view key, std::string_view what);
  // Refuses every key that was not asked for.
  void RefuseOthers();

 private:
  const toml::node* Find(std::string_view key);
  template <class T>
  std::optional<T> InRange(const toml::node& node, std::string_view key, T least, T most);
  template <class T>
  std::optional<std::vector<T>> Many(std::string_view key, T least, T most);

  const toml::table& table_;
  const std::string path_;
  Problems& problems_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace mlp::report
