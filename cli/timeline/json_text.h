// JSON that no message describes, written by hand.
#pragma once

#include <string>
#include <string_view>

namespace mlp::cli::timeline {

// `text` (UTF-8) as a JSON string with its quotes. "<" and ">" are escaped too, so that it can
// stand inside a <script> element, and what a terminal would obey or hide.
std::string Quoted(std::string_view text);

// {"a": 1, "b": "x"}: members in the order of their addition.
class JsonObject {
 public:
  JsonObject& Add(std::string_view name, std::string_view text) {
    return AddRaw(name, Quoted(text));
  }
  // `json` as it is: a number, an object.
  JsonObject& AddRaw(std::string_view name, std::string_view json);
  std::string Text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

}  // namespace mlp::cli::timeline
