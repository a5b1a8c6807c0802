#include "cli/show/json_fields.h"

namespace mlp::cli {

using google::protobuf::Struct;

void SetField(Struct& object, const std::string& name, const std::string& text) {
  (*object.mutable_fields())[name].set_string_value(text);
}

void SetField(Struct& object, const std::string& name, double number) {
  (*object.mutable_fields())[name].set_number_value(number);
}

void SetField(Struct& object, const std::string& name, std::chrono::nanoseconds time) {
  SetField(object, name, std::chrono::duration<double>(time).count());
}

}  // namespace mlp::cli
