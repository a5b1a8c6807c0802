// Numbers of bytes in words.
#pragma once

#include <cstdint>
#include <string>

namespace mlp {

// Two digits or three, which is enough to compare: "512 B", "24 KiB", "1.2 GiB", "380 MiB".
std::string RoughBytes(std::uint64_t bytes);

}  // namespace mlp
