#include "services/base/sha256.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

#include "absl/strings/escaping.h"

namespace mlp {
namespace {

// OpenSSL looks an algorithm up in its providers for each digest, which takes longer than the
// digest of a few numbers, unless it was looked up before. It lives as long as the process.
const EVP_MD* Algorithm() {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return sha256 != nullptr ? sha256 : EVP_sha256();
}

bool IsLowerHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string Sha256(std::span<const std::byte> bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
             Algorithm(), nullptr);
  return digest;
}

std::string Sha256(std::string_view bytes) { return Sha256(std::as_bytes(std::span(bytes))); }

void Sha256Pieces::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256Pieces::Sha256Pieces() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(context_.get(), Algorithm(), nullptr);
}

void Sha256Pieces::Add(std::string_view piece) {
  EVP_DigestUpdate(context_.get(), piece.data(), piece.size());
}

std::string Sha256Pieces::Digest() {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

std::optional<std::string> DigestFromHex(std::string_view digits) {
  if (digits.size() != 2 * SHA256_DIGEST_LENGTH) return std::nullopt;
  if (!std::all_of(digits.begin(), digits.end(), IsLowerHexDigit)) return std::nullopt;
  return absl::HexStringToBytes({digits.data(), digits.size()});
}

}  // namespace mlp
