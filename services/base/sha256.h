// SHA-256, by OpenSSL. Thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mlp {

// The digest: 32 bytes.
std::string Sha256(std::span<const std::byte> bytes);
std::string Sha256(std::string_view bytes);
// Lower-case hexadecimal digits, two a byte.
std::string Hex(std::string_view bytes);

}  // namespace mlp
