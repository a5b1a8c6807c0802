#include "cli/client/message_text.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"
#include "services/base/printable.h"
#include "services/base/utf8.h"

namespace mlp::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::vector<const FieldDescriptor*> FieldsThatAreSet(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

bool IsText(const FieldDescriptor& field) { return field.type() == FieldDescriptor::TYPE_STRING; }

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

void MakeTextPrintable(Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    reflection.SetString(&message, &field, Printable(reflection.GetString(message, &field)));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const std::string text = reflection.GetRepeatedString(message, &field, i);
    reflection.SetRepeatedString(&message, &field, i, Printable(text));
  }
}

void MakeMessagesPrintable(Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (!field.is_repeated()) return MakePrintable(*reflection.MutableMessage(&message, &field));
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    MakePrintable(*reflection.MutableRepeatedMessage(&message, &field, i));
  }
}

absl::Status CheckText(const std::string& path, const std::string& text) {
  if (IsUtf8(text)) return absl::OkStatus();
  return FieldError(path, absl::StrCat("'", Printable(text), "' is not text in UTF-8"));
}

absl::Status CheckBelow(const std::string& prefix, const Message& message);

absl::Status CheckField(const std::string& path, const Message& message,
                        const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    if (IsText(field)) return CheckText(path, reflection.GetString(message, &field));
    return CheckBelow(path + ".", reflection.GetMessage(message, &field));
  }
  absl::Status status;
  for (int i = 0; status.ok() && i < reflection.FieldSize(message, &field); ++i) {
    const std::string at = absl::StrCat(path, "[", i, "]");
    status = IsText(field)
                 ? CheckText(at, reflection.GetRepeatedString(message, &field, i))
                 : CheckBelow(at + ".", reflection.GetRepeatedMessage(message, &field, i));
  }
  return status;
}

absl::Status CheckBelow(const std::string& prefix, const Message& message) {
  for (const FieldDescriptor* field : FieldsThatAreSet(message)) {
    if (!IsText(*field) && !IsMessage(*field)) continue;
    const absl::Status status = CheckField(prefix + field->name(), message, *field);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

void MakePrintable(Message& message) {
  for (const FieldDescriptor* field : FieldsThatAreSet(message)) {
    if (IsText(*field)) MakeTextPrintable(message, *field);
    if (IsMessage(*field)) MakeMessagesPrintable(message, *field);
  }
}

absl::Status CheckUtf8(const Message& message) { return CheckBelow("", message); }

}  // namespace mlp::cli
