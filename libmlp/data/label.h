// The last column of a row.
#pragma once

#include <cstdint>

namespace mlp {

// A label is a class, a whole number from 0, or in regression the number to predict.
enum class LabelKind : std::uint8_t { kClass, kNumber };

inline constexpr std::int64_t kMaxClasses = 65'536;

}  // namespace mlp
