// Models as JSON that people can read: a description, and for each layer the bias and the weights,
// a line for each input. Numbers are as short as they can be without loss, so a model that is read
// again has the digest that it had.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp::model {

struct SavedModel;

// Limit of the parameters: in text they take ten times the room.
inline constexpr std::size_t kMaxJsonParameters = 10'000'000;

// InvalidArgument beyond kMaxJsonParameters.
absl::StatusOr<std::string> ToJson(const SavedModel& model);
// InvalidArgument says what is wrong and where, such as "layers[1].bias".
absl::StatusOr<SavedModel> FromJson(std::string_view text);

}  // namespace mlp::model
