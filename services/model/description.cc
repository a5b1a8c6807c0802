#include "services/model/description.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/model/parameters.h"
#include "services/base/field_error.h"
#include "services/wire/schema_proto.h"

namespace mlp::model {
namespace {

using nlohmann::ordered_json;

constexpr const char* kFormat = "mlp-model-1";

std::string_view OutputName(Output output) {
  return output == Output::kSoftmax ? "softmax" : "identity";
}

absl::StatusOr<Output> ParseOutput(std::string_view name) {
  for (const Output output : {Output::kSoftmax, Output::kIdentity}) {
    if (name == OutputName(output)) return output;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", std::string(name), "' is neither softmax nor identity"));
}

// Returns the text at `key`; an empty one if there is none.
absl::StatusOr<std::string> Text(const ordered_json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return std::string();
  if (!found->is_string()) return FieldError(key, "must be a text");
  return found->get<std::string>();
}

// Sets `value` to the result of `parse` for the text.
template <class Value, class Parse>
absl::Status ReadWord(const ordered_json& json, const char* key, Parse parse, Value& value) {
  const absl::StatusOr<std::string> text = Text(json, key);
  if (!text.ok()) return text.status();
  const absl::StatusOr<Value> parsed = parse(*text);
  if (!parsed.ok()) return AtField(key, parsed.status());
  value = *parsed;
  return absl::OkStatus();
}

absl::Status ReadText(const ordered_json& json, const char* key, std::string& value) {
  absl::StatusOr<std::string> text = Text(json, key);
  if (text.ok()) value = *std::move(text);
  return text.status();
}

absl::Status ReadSizes(const ordered_json& json, std::vector<std::size_t>& sizes) {
  const auto found = json.find("layer_sizes");
  if (found == json.end() || !found->is_array()) {
    return FieldError("layer_sizes", "must be an array of whole numbers");
  }
  for (const ordered_json& size : *found) {
    if (!size.is_number_unsigned()) {
      return FieldError("layer_sizes", "must be whole numbers greater than 0");
    }
    sizes.push_back(size.get<std::size_t>());
  }
  return absl::OkStatus();
}

absl::Status ReadSpec(const ordered_json& json, ModelSpec& spec) {
  absl::Status status = ReadSizes(json, spec.layer_sizes);
  status.Update(ReadWord(json, "activation", ParseActivation, spec.activation));
  status.Update(ReadWord(json, "output", ParseOutput, spec.output));
  if (!status.ok()) return status;
  return AtField("layer_sizes", CheckModelSpec(spec));
}

absl::Status ReadSchema(const ordered_json& json, SavedModel& model) {
  const auto found = json.find("schema");
  if (found == json.end()) return absl::OkStatus();
  absl::StatusOr<Schema> schema = wire::SchemaFromJson(found->dump(), "schema");
  if (!schema.ok()) return schema.status();
  model.schema = *std::move(schema);
  return CheckFits(*model.schema, model.spec);
}

}  // namespace

absl::StatusOr<ordered_json> Describe(const SavedModel& model) {
  ordered_json json;
  json["format"] = kFormat;
  json["digest"] = DigestOf(model);
  json["precision"] = PrecisionName(PrecisionOf(*model.parameters));
  json["layer_sizes"] = model.spec.layer_sizes;
  json["activation"] = ActivationName(model.spec.activation);
  json["output"] = OutputName(model.spec.output);
  if (!model.job_id.empty()) json["job_id"] = model.job_id;
  if (!model.dataset.empty()) json["dataset"] = model.dataset;
  if (model.schema) {
    absl::StatusOr<ordered_json> schema = ParseJson(wire::ToJson(*model.schema));
    if (!schema.ok()) return AtField("schema", schema.status());
    json["schema"] = *std::move(schema);
  }
  return json;
}

absl::StatusOr<Description> ReadDescription(const ordered_json& json) {
  if (!json.is_object()) return absl::InvalidArgumentError("is no JSON object");
  Description description;
  std::string format;
  absl::Status status = ReadText(json, "format", format);
  if (status.ok() && format != kFormat) {
    status = FieldError("format", absl::StrCat("must be '", kFormat, "', is '", format, "'"));
  }
  if (!status.ok()) return status;
  status = ReadSpec(json, description.model.spec);
  status.Update(ReadWord(json, "precision", ParsePrecision, description.precision));
  status.Update(ReadText(json, "digest", description.digest));
  status.Update(ReadText(json, "job_id", description.model.job_id));
  status.Update(ReadText(json, "dataset", description.model.dataset));
  if (status.ok()) status = ReadSchema(json, description.model);
  if (!status.ok()) return status;
  return description;
}

absl::StatusOr<SavedModel> WithParameters(Description description, Parameters parameters) {
  SavedModel model = std::move(description.model);
  model.parameters = Share(std::move(parameters));
  if (SizeOf(*model.parameters) != ParameterCount(model.spec)) {
    return absl::InvalidArgumentError(absl::StrCat("has ", SizeOf(*model.parameters),
                                                   " parameters, the model has ",
                                                   ParameterCount(model.spec)));
  }
  if (!AllFinite(*model.parameters)) {
    return absl::InvalidArgumentError("has a parameter that is nan or inf; all must be finite");
  }
  const std::string digest = DigestOf(model);
  if (description.digest.empty() || description.digest == digest) return model;
  return FieldError("digest", absl::StrCat("says ", description.digest.substr(0, 12),
                                           "…, but the parameters have ", digest.substr(0, 12),
                                           "…: they were changed; where that was meant, leave "
                                           "`digest` out"));
}

absl::StatusOr<ordered_json> ParseJson(std::string_view text) {
  try {
    return ordered_json::parse(text.begin(), text.end());
  } catch (const nlohmann::json::parse_error& error) {
    // `byte` is the number of the last byte that was read.
    const std::string_view read = text.substr(0, std::max<std::size_t>(error.byte, 1) - 1);
    const auto lines = std::ranges::count(read, '\n');
    const std::size_t column = read.size() - (lines > 0 ? read.rfind('\n') + 1 : 0);
    return absl::InvalidArgumentError(
        absl::StrCat("is no JSON from line ", lines + 1, ", column ", column + 1, " on"));
  } catch (const nlohmann::json::exception&) {
    return absl::InvalidArgumentError("has a number that is beyond float64's range");
  }
}

}  // namespace mlp::model
