// The protocol's enumerations as words of the command line: ACTIVATION_UNRECTIFIED_RELU is
// "unrectified-relu". The words come from the protocol, so a new value needs no change here.
#pragma once

#include <google/protobuf/generated_enum_reflection.h>

#include <map>
#include <string>

namespace mlp::cli {

// "unspecified" for 0, "unknown" for a number that this version does not know.
std::string EnumWord(const google::protobuf::EnumDescriptor& type, int number);
// Every word but "unspecified", with its number.
std::map<std::string, int> EnumWords(const google::protobuf::EnumDescriptor& type);

template <class Enum>
std::string Word(Enum value) {
  return EnumWord(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

}  // namespace mlp::cli
