#include "services/wire/schema_outline.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"

namespace mlp::wire {
namespace {

// The place within a schema that the text has come to.
enum class Place { kOutside, kSchema, kColumns, kColumn, kTexts };

absl::Status OutOfPlace(std::string_view json, std::size_t at) {
  const std::string_view before = json.substr(0, at);
  const auto lines = std::ranges::count(before, '\n');
  const std::size_t column = at - (lines > 0 ? before.rfind('\n') + 1 : 0);
  return absl::InvalidArgumentError(absl::StrCat(
      "line ", lines + 1, ", column ", column + 1,
      ": is out of place; \"columns\" is a list of objects, every other list has texts"));
}

bool IsQuote(char c) { return c == '"' || c == '\''; }
bool IsBetweenValues(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':';
}

// Returns the position of the quote that ends the text that begins at `begin`; the end of `json` if
// none does.
std::size_t EndOfText(std::string_view json, std::size_t begin) {
  std::size_t at = begin + 1;
  while (at < json.size() && json[at] != json[begin]) at += json[at] == '\\' ? 2 : 1;
  return std::min(at, json.size());
}

// Returns the place within the object or list that begins there; nothing if none may.
std::optional<Place> Within(Place place, char bracket, std::string_view key) {
  if (bracket == '{') {
    if (place == Place::kOutside) return Place::kSchema;
    if (place == Place::kColumns) return Place::kColumn;
    return std::nullopt;
  }
  if (place == Place::kSchema) return key == "columns" ? Place::kColumns : Place::kTexts;
  if (place == Place::kColumn) return Place::kTexts;
  return std::nullopt;
}

}  // namespace

absl::Status CheckSchemaOutline(std::string_view json) {
  std::array<Place, 5> places{};  // outermost first; none nests deeper
  std::size_t depth = 0;
  std::string_view key;  // the last text of an object
  for (std::size_t at = 0; at < json.size(); ++at) {
    const Place place = places.at(depth);
    const char c = json[at];
    if (IsBetweenValues(c)) continue;
    if (c == '{' || c == '[') {
      const std::optional<Place> within = Within(place, c, key);
      if (!within) return OutOfPlace(json, at);
      places.at(++depth) = *within;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return OutOfPlace(json, at);
      --depth;
    } else if (place == Place::kOutside || place == Place::kColumns ||
               (place == Place::kTexts && !IsQuote(c))) {
      return OutOfPlace(json, at);
    } else if (IsQuote(c)) {
      const std::size_t end = EndOfText(json, at);
      if (place != Place::kTexts) key = json.substr(at + 1, end - at - 1);
      at = end;
    }
  }
  return absl::OkStatus();
}

}  // namespace mlp::wire
