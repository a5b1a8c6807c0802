#include "cli/options/enum_words.h"

#include <google/protobuf/descriptor.h>

#include <cctype>
#include <string_view>

namespace mlp::cli {
namespace {

// The protocol's style guarantees that value 0 is called <PREFIX>_UNSPECIFIED.
std::size_t PrefixLength(const google::protobuf::EnumDescriptor& type) {
  return type.FindValueByNumber(0)->name().size() - std::string_view("UNSPECIFIED").size();
}

std::string WordOf(const google::protobuf::EnumValueDescriptor& value) {
  std::string word = value.name().substr(PrefixLength(*value.type()));
  for (char& c : word)
    c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

}  // namespace

std::string EnumWord(const google::protobuf::EnumDescriptor& type, int number) {
  const auto* value = type.FindValueByNumber(number);
  return value == nullptr ? "unknown" : WordOf(*value);
}

std::map<std::string, int> EnumWords(const google::protobuf::EnumDescriptor& type) {
  std::map<std::string, int> words;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) words[WordOf(*type.value(i))] = type.value(i)->number();
  }
  return words;
}

}  // namespace mlp::cli
