// The floating-point type of a number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace mlp {

enum class Precision : std::uint8_t { kFloat32, kFloat64 };

constexpr std::size_t ElementBytes(Precision precision) {
  return precision == Precision::kFloat32 ? 4 : 8;
}

// "float32", "float64".
std::string_view PrecisionName(Precision precision);
absl::StatusOr<Precision> ParsePrecision(std::string_view name);

}  // namespace mlp
