#include "services/wire/parameters_proto.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/model/parameters.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"
#include "services/wire/enum_proto.h"
#include "services/wire/parameter_pieces.h"

namespace mlp::wire {
namespace {

absl::Status CheckSize(const v1::ParameterBuffer& buffer, Precision precision,
                       const ModelSpec& spec, const std::string& field) {
  const std::size_t count = ParameterCount(spec);
  const std::size_t expected = count * ElementBytes(precision);
  if (buffer.data().size() == expected) return absl::OkStatus();
  return FieldError(field + ".data", absl::StrCat("has ", buffer.data().size(), " bytes, but ",
                                                  count, " ", std::string(PrecisionName(precision)),
                                                  " parameters of this model take ", expected));
}

absl::Status CheckDigestSize(const v1::ParameterBuffer& buffer, const std::string& field) {
  if (buffer.sha256().size() == kDigestBytes) return absl::OkStatus();
  return FieldError(field + ".sha256",
                    absl::StrCat("must be ", kDigestBytes, " bytes, has ", buffer.sha256().size()));
}

absl::Status CheckDigest(const v1::ParameterBuffer& buffer, const std::string& field) {
  if (const auto status = CheckDigestSize(buffer, field); !status.ok()) return status;
  const std::string digest = Sha256(buffer.data());
  if (digest == buffer.sha256()) return absl::OkStatus();
  return FieldError(field + ".sha256", absl::StrCat("says ", Hex(buffer.sha256()).substr(0, 12),
                                                    "…, but data has ", Hex(digest).substr(0, 12),
                                                    "…: it was changed on its way; send it again"));
}

}  // namespace

v1::ParameterBuffer ToProto(const Parameters& parameters) {
  return ToProto(parameters, Sha256(BytesOf(parameters)));
}

v1::ParameterBuffer ToProto(const Parameters& parameters, std::string sha256) {
  v1::ParameterBuffer buffer = ReferenceTo(parameters, std::move(sha256));
  const auto bytes = BytesOf(parameters);
  buffer.set_data(bytes.data(), bytes.size());
  return buffer;
}

v1::ParameterBuffer ReferenceTo(const Parameters& parameters, std::string sha256) {
  v1::ParameterBuffer buffer;
  buffer.set_precision(ToProto(PrecisionOf(parameters)));
  buffer.set_sha256(std::move(sha256));
  return buffer;
}

absl::Status CheckReference(const v1::ParameterBuffer& buffer, std::string_view field_path) {
  const std::string field(field_path);
  const auto precision = FromProto(buffer.precision(), field + ".precision");
  if (!precision.ok()) return precision.status();
  return CheckDigestSize(buffer, field);
}

absl::StatusOr<Parameters> FromProto(const v1::ParameterBuffer& buffer, const ModelSpec& spec,
                                     std::string_view field_path) {
  const std::string field(field_path);
  const auto precision = FromProto(buffer.precision(), field + ".precision");
  if (!precision.ok()) return precision.status();
  if (const auto status = CheckSize(buffer, *precision, spec, field); !status.ok()) return status;
  if (const auto status = CheckDigest(buffer, field); !status.ok()) return status;
  auto parameters = ParametersFromBytes(*precision, buffer.data());
  if (!parameters.ok()) return AtField(field + ".data", parameters.status());
  if (!AllFinite(*parameters)) {
    return FieldError(field + ".data", "holds nan or inf; every element must be finite");
  }
  return parameters;
}

}  // namespace mlp::wire
