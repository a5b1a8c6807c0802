#include "services/model/json_model.h"

#include <charconv>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libmlp/model/parameters.h"
#include "services/base/field_error.h"
#include "services/model/description.h"
#include "services/model/saved_model.h"

namespace mlp::model {
namespace {

using nlohmann::ordered_json;

template <class T>
void AppendNumber(T value, std::string& out) {
  char text[32];
  const std::string_view digits(text, std::to_chars(text, text + sizeof text, value).ptr - text);
  out += digits;
  // A number without a point or exponent would be read as a whole one and lose the sign of -0.
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

template <class T>
void AppendNumbers(const T* values, std::size_t count, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ", ";
    AppendNumber(values[i], out);
  }
  out += ']';
}

template <class T>
void AppendLayer(const ModelSpec& spec, std::size_t layer, const T* parameters, std::string& out) {
  const std::size_t inputs = spec.layer_sizes[layer], outputs = spec.layer_sizes[layer + 1];
  const T* line = parameters + LayerOffset(spec, layer);
  out += layer == 0 ? "\n    {\"bias\": " : ",\n    {\"bias\": ";
  AppendNumbers(line, outputs, out);
  out += ",\n     \"weights\": [";
  for (std::size_t input = 0; input < inputs; ++input) {
    out += input == 0 ? "\n       " : ",\n       ";
    AppendNumbers(line += outputs, outputs, out);
  }
  out += "]}";
}

template <class T>
absl::Status ReadNumbers(const ordered_json& json, const std::string& place, std::size_t count,
                         T* values) {
  if (!json.is_array() || json.size() != count) {
    return FieldError(place, absl::StrCat("must be an array of ", count, " numbers"));
  }
  for (const ordered_json& number : json) {
    if (!number.is_number()) {
      return FieldError(place, absl::StrCat("must be an array of ", count, " numbers"));
    }
    *values++ = static_cast<T>(number.get<double>());
  }
  return absl::OkStatus();
}

template <class T>
absl::Status ReadLayer(const ordered_json& json, const std::string& place, std::size_t inputs,
                       std::size_t outputs, T* values) {
  if (!json.is_object() || !json.contains("bias") || !json.contains("weights")) {
    return FieldError(place, "must have `bias` and `weights`");
  }
  absl::Status status = ReadNumbers(json["bias"], place + ".bias", outputs, values);
  const ordered_json& weights = json["weights"];
  if (!weights.is_array() || weights.size() != inputs) {
    status.Update(FieldError(place + ".weights", absl::StrCat("must be ", inputs, " arrays")));
  }
  for (std::size_t i = 0; status.ok() && i < inputs; ++i) {
    values += outputs;
    status = ReadNumbers(weights[i], absl::StrCat(place, ".weights[", i, "]"), outputs, values);
  }
  return status;
}

absl::Status ReadLayers(const ordered_json& json, const ModelSpec& spec, Parameters& parameters) {
  for (std::size_t layer = 0; layer < spec.layers(); ++layer) {
    const std::string place = absl::StrCat("layers[", layer, "]");
    const auto read = [&](auto& values) {
      return ReadLayer(json[layer], place, spec.layer_sizes[layer], spec.layer_sizes[layer + 1],
                       values.data() + LayerOffset(spec, layer));
    };
    if (absl::Status status = std::visit(read, parameters); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ToJson(const SavedModel& model) {
  if (SizeOf(*model.parameters) > kMaxJsonParameters) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a model of ", SizeOf(*model.parameters), " parameters is too large for JSON, ",
        "which takes at most ", kMaxJsonParameters, "; export it as npz"));
  }
  const absl::StatusOr<ordered_json> description = Describe(model);
  if (!description.ok()) return description.status();
  std::string text = description->dump(2);
  text.resize(text.rfind('\n'));  // the brace at its end comes after the layers
  text += ",\n  \"layers\": [";
  for (std::size_t layer = 0; layer < model.spec.layers(); ++layer) {
    std::visit([&](const auto& values) { AppendLayer(model.spec, layer, values.data(), text); },
               *model.parameters);
  }
  return text + "\n  ]\n}\n";
}

absl::StatusOr<SavedModel> FromJson(std::string_view text) {
  const absl::StatusOr<ordered_json> json = ParseJson(text);
  if (!json.ok()) return json.status();
  absl::StatusOr<Description> description = ReadDescription(*json);
  if (!description.ok()) return description.status();
  const ModelSpec& spec = description->model.spec;
  const auto layers = json->find("layers");
  if (layers == json->end() || !layers->is_array() || layers->size() != spec.layers()) {
    return FieldError("layers", absl::StrCat("must be an array of ", spec.layers(), " layers"));
  }
  if (ParameterCount(spec) > kMaxJsonParameters) {
    return FieldError("layer_sizes",
                      absl::StrCat("make ", ParameterCount(spec),
                                   " parameters; JSON takes at most ", kMaxJsonParameters));
  }
  Parameters parameters = ZeroParameters(description->precision, ParameterCount(spec));
  if (absl::Status read = ReadLayers(*layers, spec, parameters); !read.ok()) return read;
  return WithParameters(*std::move(description), std::move(parameters));
}

}  // namespace mlp::model
