#include "services/base/sha256.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"

namespace mlp {

std::string Sha256(std::span<const std::byte> bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string Sha256(std::string_view bytes) { return Sha256(std::as_bytes(std::span(bytes))); }

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

}  // namespace mlp
