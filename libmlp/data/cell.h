// The cells of tables: each is a number, nothing, or a text.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace mlp {

// The characters that may surround the text of a cell.
inline constexpr std::string_view kBlanks = " \t";

// Parses a finite number with blanks around it; if that fails, says why ("'x' is not a number").
std::optional<std::string> ParseNumber(std::string_view cell, double& value);

// Tells whether `cell` is written as a number, even one that ParseNumber refuses: 1e999, inf.
bool LooksLikeNumber(std::string_view cell);

// The texts that programs write for a missing value.
inline constexpr std::array<std::string_view, 8> kMissingMarks = {"",     "?",    "na",  "n/a",
                                                                  "#n/a", "<na>", "nan", "null"};

// Tells whether `cell` is one of kMissingMarks with blanks around it; capitals do not matter.
bool IsMissing(std::string_view cell);

// The shortest text that ParseNumber makes the same number of. `value` is finite.
std::string NumberText(double value);

// Puts `text` in quotes, as messages show it, and cuts a long one.
std::string Quoted(std::string_view text);

}  // namespace mlp
