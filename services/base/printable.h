// Text that others wrote, made fit to be printed: on a terminal, in a log, on a page.
//
// What a terminal would obey or hide is written out: control characters, also those of C1, as "\n",
// "\x1b" or "\u009b"; characters that turn the direction of text, break lines or are invisible as
// "\u202e"; bytes that are not UTF-8 as "\xff". All other characters stay as they are, among them
// the joiners of Persian and of emoji. Backslashes stay too, so that it changes nothing a second
// time. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mlp {

inline constexpr std::size_t kMaxPrintable = 4096;

// Returns `text` as a part of one line. It is cut before `max_bytes` are exceeded, and "…" follows.
std::string Printable(std::string_view text, std::size_t max_bytes = kMaxPrintable);

// Returns `text` as lines: line feeds and tabs stay, and nothing is cut.
std::string PrintableLines(std::string_view text);

// Returns `json` (UTF-8), whose strings are the same, with such characters as JSON's own escapes.
std::string PrintableJson(std::string_view json);

}  // namespace mlp
