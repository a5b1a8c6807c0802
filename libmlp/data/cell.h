// What a text in a table can be: a number, nothing, or a text.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace mlp {

// What may stand around the text of a cell.
inline constexpr std::string_view kBlanks = " \t";

// Parses a finite number with blanks around it; where that fails, says why ("'x' is not a number").
std::optional<std::string> ParseNumber(std::string_view cell, double& value);

// Whether it is written as a number, though one that ParseNumber may refuse: 1e999, inf.
bool LooksLikeNumber(std::string_view cell);

// What programs write where nothing is.
inline constexpr std::array<std::string_view, 8> kMissingMarks = {"",     "?",    "na",  "n/a",
                                                                  "#n/a", "<na>", "nan", "null"};

// One of kMissingMarks with blanks around it; capitals do not matter.
bool IsMissing(std::string_view cell);

// The shortest text that ParseNumber makes the same number of. `value` is finite.
std::string NumberText(double value);

// In quotes, as messages show it; a long text is cut.
std::string Quoted(std::string_view text);

}  // namespace mlp
