#include "services/base/field_error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace mlp {
namespace {

constexpr std::string_view kFieldPayload = "mlp.field";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::Status WithMessage(const absl::Status& status, std::string_view message) {
  absl::Status copy(status.code(), View(message));
  status.ForEachPayload(
      [&](absl::string_view type, const absl::Cord& payload) { copy.SetPayload(type, payload); });
  return copy;
}

absl::Status FieldError(std::string_view field, std::string_view message) {
  return AtField(field, absl::InvalidArgumentError(View(message)));
}

absl::Status WithContext(std::string_view context, const absl::Status& status) {
  if (status.ok()) return status;
  return WithMessage(status, absl::StrCat(View(context), ": ", status.message()));
}

absl::Status AtField(std::string_view field, const absl::Status& status) {
  return WithField(field, WithContext(field, status));
}

absl::Status WithField(std::string_view field, absl::Status status) {
  status.SetPayload(View(kFieldPayload), absl::Cord(View(field)));
  return status;
}

absl::Status BelowField(std::string_view prefix, const absl::Status& status) {
  if (status.ok()) return status;
  const std::string message(status.message());
  const std::string name = message.substr(0, message.find(' '));
  return FieldError(absl::StrCat(std::string(prefix), name),
                    name.size() < message.size() ? message.substr(name.size() + 1) : "");
}

std::optional<std::string> FieldOf(const absl::Status& status) {
  const auto payload = status.GetPayload(View(kFieldPayload));
  if (!payload) return std::nullopt;
  return std::string(*payload);
}

}  // namespace mlp
