#include "services/base/printable.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "services/base/utf8.h"

namespace mlp {
namespace {

// First and last of those that a terminal or a page would obey or hide, by code.
constexpr std::array<std::pair<char32_t, char32_t>, 14> kUnprintable = {{
    {0x00, 0x1f},        // C0
    {0x7f, 0x9f},        // delete, C1
    {0xad, 0xad},        // soft hyphen
    {0x61c, 0x61c},      // Arabic letter mark
    {0x180e, 0x180e},    // Mongolian vowel separator
    {0x200b, 0x200b},    // zero width space
    {0x200e, 0x200f},    // marks of direction
    {0x2028, 0x202e},    // separators of lines and paragraphs; embeddings and overrides
    {0x2060, 0x206f},    // word joiner, invisible operators, isolates
    {0xfeff, 0xfeff},    // byte order mark
    {0xfff9, 0xfffb},    // annotations between lines
    {0x1bca0, 0x1bca3},  // format of shorthand
    {0x1d173, 0x1d17a},  // format of musical notes
    {0xe0000, 0xe0fff},  // tags, further selectors of variants
}};

bool IsUnprintable(char32_t code) {
  const auto* const range =
      std::ranges::lower_bound(kUnprintable, code, {}, [](const auto& of) { return of.second; });
  return range != kUnprintable.end() && range->first <= code;
}

std::string Escape(char32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  const auto number = static_cast<unsigned>(code);
  if (number < 0x80) return absl::StrFormat("\\x%02x", number);
  if (number < 0x10000) return absl::StrFormat("\\u%04x", number);
  return absl::StrFormat("\\U%08x", number);
}

// A character beyond U+FFFF is two escapes in JSON.
std::string JsonEscape(char32_t code) {
  const auto number = static_cast<unsigned>(code);
  if (number < 0x10000) return absl::StrFormat("\\u%04x", number);
  const unsigned above = number - 0x10000;
  return absl::StrFormat("\\u%04x\\u%04x", 0xd800 + (above >> 10), 0xdc00 + (above & 0x3ff));
}

// Returns the next character of `text`, or byte if it is none, as it is to be printed, and takes it
// off.
template <class Escaping>
std::string TakeNext(std::string_view& text, const Escaping& escape) {
  const Character next = FirstCharacter(text);
  const std::size_t bytes = std::max<std::size_t>(next.bytes, 1);
  const std::string_view taken = text.substr(0, bytes);
  text.remove_prefix(bytes);
  if (next.bytes == 0) {
    return absl::StrFormat("\\x%02x", static_cast<unsigned char>(taken.front()));
  }
  return IsUnprintable(next.code) ? escape(next.code) : std::string(taken);
}

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f; }

// Appends the plain ASCII that `text` begins with, which is most of it, and takes it off.
void TakePlain(std::string_view& text, std::size_t max, std::string& to) {
  const auto* const end = std::ranges::find_if_not(text, IsPlain);
  const std::size_t plain = std::min<std::size_t>(end - text.begin(), max);
  to += text.substr(0, plain);
  text.remove_prefix(plain);
}

}  // namespace

std::string Printable(std::string_view text, std::size_t max_bytes) {
  std::string printable;
  while (true) {
    TakePlain(text, max_bytes - printable.size(), printable);
    if (text.empty()) return printable;
    const std::string next = TakeNext(text, Escape);
    if (printable.size() + next.size() > max_bytes) return printable + "…";
    printable += next;
  }
}

std::string PrintableLines(std::string_view text) {
  const auto escape = [](char32_t code) {
    return code == '\n' || code == '\t' ? std::string(1, static_cast<char>(code)) : Escape(code);
  };
  std::string printable;
  while (!text.empty()) {
    TakePlain(text, text.size(), printable);
    if (!text.empty()) printable += TakeNext(text, escape);
  }
  return printable;
}

std::string PrintableJson(std::string_view json) {
  // JSON has control characters between its values only, where they are white space.
  const auto escape = [](char32_t code) {
    return code < 0x20 ? std::string(1, static_cast<char>(code)) : JsonEscape(code);
  };
  std::string printable;
  while (!json.empty()) {
    TakePlain(json, json.size(), printable);
    if (!json.empty()) printable += TakeNext(json, escape);
  }
  return printable;
}

}  // namespace mlp
