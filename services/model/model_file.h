// Model files of every format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp::model {

struct SavedModel;

enum class Format : std::uint8_t {
  kMlp,   // a serialised mlp.v1.Model
  kNpz,   // npz_model.h
  kJson,  // json_model.h
  kOnnx,  // onnx_model.h; only written
};

// Returns "mlp", "npz", "json" or "onnx".
std::string_view FormatName(Format format);
absl::StatusOr<Format> ParseFormat(std::string_view name);

// InvalidArgument if the format cannot hold the model.
absl::StatusOr<std::string> Write(const SavedModel& model, Format format);

// Reads a model of any format but ONNX; its first bytes tell which one. All of it is checked.
// InvalidArgument says `name`, what is wrong, and where.
absl::StatusOr<SavedModel> Read(std::string_view bytes, std::string_view name);
// The same; NotFound if there is no such file.
absl::StatusOr<SavedModel> ReadFile(const std::filesystem::path& path);

}  // namespace mlp::model
