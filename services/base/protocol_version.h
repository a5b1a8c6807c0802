// The version of the protocol between node and coordinator. Both state it; other versions are
// refused.
#pragma once

#include <cstdint>

namespace mlp {

inline constexpr std::uint32_t kProtocolVersion = 2;

}  // namespace mlp
