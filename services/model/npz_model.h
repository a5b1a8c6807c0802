// Models as archives for NumPy: coefs_0.npy (inputs, outputs), intercepts_0.npy (outputs) and so
// on, as scikit-learn calls them, and the rest in model.json. numpy.load reads them.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp::model {

struct SavedModel;

absl::StatusOr<std::string> ToNpz(const SavedModel& model);
// InvalidArgument names the member of the archive that is wrong. Members may be compressed.
absl::StatusOr<SavedModel> FromNpz(std::string_view bytes);

}  // namespace mlp::model
