// Model files of every format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/model/saved_model.h"

namespace mlp::model {

enum class Format : std::uint8_t {
  kMlp,   // a serialised mlp.v1.Model
  kNpz,   // npz_model.h
  kJson,  // json_model.h
  kOnnx,  // onnx_model.h; only written
};

// "mlp", "npz", "json", "onnx".
std::string_view FormatName(Format format);
absl::StatusOr<Format> ParseFormat(std::string_view name);

// InvalidArgument where the format cannot hold the model.
absl::StatusOr<std::string> Write(const SavedModel& model, Format format);

// A model of any format but ONNX; which one, its first bytes tell. All of it was checked.
// InvalidArgument: `name`, what is wrong, and where.
absl::StatusOr<SavedModel> Read(std::string_view bytes, std::string_view name);
// NotFound, too.
absl::StatusOr<SavedModel> ReadFile(const std::filesystem::path& path);

}  // namespace mlp::model
