// Errors that name the field at fault. PURE code makes them; the edge turns them into
// google.rpc.BadRequest, whatever layers they passed through.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace mlp {

// Returns InvalidArgument "<field>: <message>" that carries `field`, a path such as
// "spec.learning_rate".
absl::Status FieldError(std::string_view field, std::string_view message);
// Returns the same error with another message; its payloads, such as the field, are kept.
absl::Status WithMessage(const absl::Status& status, std::string_view message);
// Returns `status` with "<context>: " before its message; its payloads, such as the field, are
// kept.
absl::Status WithContext(std::string_view context, const absl::Status& status);
// Returns the same error, blamed on `field`, whatever its code. OK stays OK.
absl::Status AtField(std::string_view field, const absl::Status& status);
// Returns the same error and message, with `field` as the field that it carries.
absl::Status WithField(std::string_view field, absl::Status status);
// Returns the same error, whose message begins with a field's name and a blank, blamed on that
// field below `prefix`: "rounds must be …" with the prefix "spec." is blamed on spec.rounds. OK
// stays OK.
absl::Status BelowField(std::string_view prefix, const absl::Status& status);
// Returns the field that `status` carries.
std::optional<std::string> FieldOf(const absl::Status& status);

}  // namespace mlp
