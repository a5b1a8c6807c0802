// Fields of the JSON objects that commands print.
#pragma once

#include <google/protobuf/struct.pb.h>

#include <chrono>
#include <string>

namespace mlp::cli {

void SetField(google::protobuf::Struct& object, const std::string& name, const std::string& text);
void SetField(google::protobuf::Struct& object, const std::string& name, double number);
// Sets the field to `time` in seconds.
void SetField(google::protobuf::Struct& object, const std::string& name,
              std::chrono::nanoseconds time);

}  // namespace mlp::cli
