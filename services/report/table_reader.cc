#include "services/report/table_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/duration_text.h"

namespace mlp::report {

absl::StatusOr<toml::table> ParseToml(std::string_view text, std::string_view name) {
  toml::parse_result parsed = toml::parse(text, name);
  if (parsed) return std::move(parsed).table();
  const toml::parse_error& error = parsed.error();
  return absl::InvalidArgumentError(absl::StrCat(
      std::string(name), ":", error.source().begin.line, ": column ", error.source().begin.column,
      ": is no TOML: ", std::string(error.description())));
}

void Problems::Add(const toml::source_region& where, std::string_view key, std::string_view what) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(
      absl::StrCat(file_, ":", where.begin.line, ": ", std::string(key), ": ", std::string(what)));
}

const toml::node* TableReader::Find(std::string_view key) {
  known_.emplace(key);
  return table_.get(key);
}

void TableReader::Refuse(std::string_view key, std::string_view what) {
  const toml::node* node = table_.get(key);
  problems_.Add(node != nullptr ? node->source() : table_.source(),
                absl::StrCat(path_, std::string(key)), what);
}

std::optional<std::string> TableReader::Text(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) {
    Refuse(key, "must be a text in quotation marks");
    return std::nullopt;
  }
  std::string text = node->as_string()->get();
  if (text.empty()) Refuse(key, "is empty");
  return text;
}

template <class T>
std::optional<T> TableReader::InRange(const toml::node& node, std::string_view key, T least,
                                      T most) {
  constexpr bool kWhole = std::is_integral_v<T>;
  if (kWhole ? !node.is_integer() : !node.is_number()) {
    Refuse(key, kWhole ? "must be a whole number" : "must be a number");
    return std::nullopt;
  }
  const T value = *node.value<T>();
  if (value >= least && value <= most) return value;  // nan is not
  Refuse(key, absl::StrCat("is ", value, "; must be ", least, " to ", most));
  return std::nullopt;
}

std::optional<std::int64_t> TableReader::Whole(std::string_view key, std::int64_t least,
                                               std::int64_t most) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  return InRange(*node, key, least, most);
}

std::optional<double> TableReader::Number(std::string_view key, double least, double most) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  return InRange(*node, key, least, most);
}

std::optional<std::chrono::nanoseconds> TableReader::Time(std::string_view key) {
  const std::optional<std::string> text = Text(key);
  if (!text) return std::nullopt;
  const auto duration = ParseDuration(*text);
  if (duration.ok()) return *duration;
  Refuse(key, std::string(duration.status().message()));
  return std::nullopt;
}

template <class T>
std::optional<std::vector<T>> TableReader::Many(std::string_view key, T least, T most) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  std::vector<T> values;
  const auto add = [&](const toml::node& each) {
    if (const auto value = InRange(each, key, least, most)) values.push_back(*value);
  };
  if (const toml::array* array = node->as_array()) {
    for (const toml::node& each : *array) add(each);
    if (array->empty()) Refuse(key, "is empty");
  } else {
    add(*node);
  }
  return values;
}

std::optional<std::vector<double>> TableReader::Numbers(std::string_view key, double least,
                                                        double most) {
  return Many(key, least, most);
}

std::optional<std::vector<std::int64_t>> TableReader::Wholes(std::string_view key,
                                                             std::int64_t least,
                                                             std::int64_t most) {
  return Many(key, least, most);
}

const toml::table* TableReader::Table(std::string_view key) {
  static const toml::table kEmpty;
  const toml::node* node = Find(key);
  if (node == nullptr) return &kEmpty;
  if (node->is_table()) return node->as_table();
  Refuse(key, absl::StrCat("must be a table: [", std::string(key), "]"));
  return &kEmpty;
}

std::vector<const toml::table*> TableReader::Tables(std::string_view key) {
  const std::string wanted =
      absl::StrCat("at least one is needed: [[", std::string(key), "]] and its keys");
  const toml::node* node = Find(key);
  const toml::array* array = node == nullptr ? nullptr : node->as_array();
  if (array == nullptr || array->empty()) {
    Refuse(key, wanted);
    return {};
  }
  std::vector<const toml::table*> tables;
  for (const toml::node& each : *array) {
    if (each.is_table()) {
      tables.push_back(each.as_table());
    } else {
      Refuse(key, absl::StrCat("must be tables: [[", std::string(key), "]]"));
    }
  }
  return tables;
}

void TableReader::RefuseOthers() {
  for (const auto& [key, node] : table_) {
    if (known_.contains(key.str())) continue;
    problems_.Add(key.source(), absl::StrCat(path_, std::string(key.str())),
                  absl::StrCat("is no key here; there are: ", absl::StrJoin(known_, ", ")));
  }
}

}  // namespace mlp::report
