#include "services/wire/enum_proto.h"

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/field_error.h"

namespace mlp::wire {
namespace {

template <class Enum, class ProtoEnum, std::size_t N>
using Table = std::array<std::pair<Enum, ProtoEnum>, N>;

constexpr Table<Activation, v1::Activation, 5> kActivations = {{
    {Activation::kRelu, v1::ACTIVATION_RELU},
    {Activation::kTanh, v1::ACTIVATION_TANH},
    {Activation::kLogistic, v1::ACTIVATION_LOGISTIC},
    {Activation::kIdentity, v1::ACTIVATION_IDENTITY},
    {Activation::kUnrectifiedRelu, v1::ACTIVATION_UNRECTIFIED_RELU},
}};

constexpr Table<Output, v1::Output, 2> kOutputs = {{
    {Output::kSoftmax, v1::OUTPUT_SOFTMAX},
    {Output::kIdentity, v1::OUTPUT_IDENTITY},
}};

constexpr Table<Precision, v1::Precision, 2> kPrecisions = {{
    {Precision::kFloat32, v1::PRECISION_FLOAT32},
    {Precision::kFloat64, v1::PRECISION_FLOAT64},
}};

constexpr Table<Initialization, v1::Initialization, 2> kInitializations = {{
    {Initialization::kGlorotUniform, v1::INITIALIZATION_GLOROT_UNIFORM},
    {Initialization::kReference, v1::INITIALIZATION_REFERENCE},
}};

// Every value of Enum has its line in `table`; UNSPECIFIED only for a value that is not one of
// them.
template <class Enum, class ProtoEnum, std::size_t N>
ProtoEnum Outward(const Table<Enum, ProtoEnum, N>& table, Enum value) {
  for (const auto& [ours, theirs] : table) {
    if (ours == value) return theirs;
  }
  return ProtoEnum{};
}

template <class Enum, class ProtoEnum, std::size_t N, class NameOf>
absl::StatusOr<Enum> Inward(const Table<Enum, ProtoEnum, N>& table, ProtoEnum value,
                            std::string_view field, NameOf name_of) {
  std::vector<std::string> names;
  for (const auto& [ours, theirs] : table) {
    if (theirs == value) return ours;
    names.push_back(name_of(theirs));
  }
  const std::string known = absl::StrJoin(names, ", ");
  if (value == ProtoEnum{}) return FieldError(field, absl::StrCat("required, one of ", known));
  return FieldError(field, absl::StrCat("unknown value ", static_cast<int>(value),
                                        "; this version knows ", known));
}

}  // namespace

v1::Activation ToProto(Activation activation) { return Outward(kActivations, activation); }
v1::Output ToProto(Output output) { return Outward(kOutputs, output); }
v1::Precision ToProto(Precision precision) { return Outward(kPrecisions, precision); }
v1::Initialization ToProto(Initialization initialization) {
  return Outward(kInitializations, initialization);
}

absl::StatusOr<Activation> FromProto(v1::Activation activation, std::string_view field) {
  return Inward(kActivations, activation, field, v1::Activation_Name<v1::Activation>);
}
absl::StatusOr<Output> FromProto(v1::Output output, std::string_view field) {
  return Inward(kOutputs, output, field, v1::Output_Name<v1::Output>);
}
absl::StatusOr<Precision> FromProto(v1::Precision precision, std::string_view field) {
  return Inward(kPrecisions, precision, field, v1::Precision_Name<v1::Precision>);
}
absl::StatusOr<Initialization> FromProto(v1::Initialization initialization,
                                         std::string_view field) {
  return Inward(kInitializations, initialization, field,
                v1::Initialization_Name<v1::Initialization>);
}

}  // namespace mlp::wire
