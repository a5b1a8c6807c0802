#include "services/model/model_file.h"

#include <climits>

#include "absl/strings/str_cat.h"
#include "libmlp/data/dataset_files.h"
#include "services/base/field_error.h"
#include "services/model/json_model.h"
#include "services/model/npz_model.h"
#include "services/model/onnx_model.h"
#include "services/model/saved_model.h"

namespace mlp::model {
namespace {

constexpr Format kFormats[] = {Format::kMlp, Format::kNpz, Format::kJson, Format::kOnnx};

absl::StatusOr<SavedModel> FromMessage(std::string_view bytes) {
  v1::Model proto;
  if (bytes.size() > INT_MAX ||
      !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError(
        "is no model: neither mlp.v1.Model nor npz or JSON that `mlp-client model export` wrote");
  }
  return FromProto(proto);
}

absl::StatusOr<SavedModel> ReadAny(std::string_view bytes) {
  if (bytes.empty()) return absl::InvalidArgumentError("is empty");
  if (bytes.substr(0, 4) == "PK\x03\x04") return FromNpz(bytes);
  // A message may begin with a blank, so the text of a model must not.
  if (bytes[0] == '{') return FromJson(bytes);
  return FromMessage(bytes);
}

}  // namespace

std::string_view FormatName(Format format) {
  constexpr std::string_view kNames[] = {"mlp", "npz", "json", "onnx"};
  return kNames[static_cast<int>(format)];
}

absl::StatusOr<Format> ParseFormat(std::string_view name) {
  for (const Format format : kFormats) {
    if (name == FormatName(format)) return format;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", std::string(name), "' is no format: mlp, npz, json and onnx are"));
}

absl::StatusOr<std::string> Write(const SavedModel& model, Format format) {
  switch (format) {
    case Format::kNpz:
      return ToNpz(model);
    case Format::kJson:
      return ToJson(model);
    case Format::kOnnx:
      return ToOnnx(model);
    case Format::kMlp:
      break;
  }
  return ToProto(model).SerializeAsString();
}

absl::StatusOr<SavedModel> Read(std::string_view bytes, std::string_view name) {
  absl::StatusOr<SavedModel> model = ReadAny(bytes);
  if (!model.ok()) return WithContext(name, model.status());
  return model;
}

absl::StatusOr<SavedModel> ReadFile(const std::filesystem::path& path) {
  const absl::StatusOr<std::string> bytes = mlp::ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  return Read(*bytes, path.string());
}

}  // namespace mlp::model
