// SHA-256, by OpenSSL. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace mlp {

inline constexpr std::size_t kDigestBytes = 32;

// Returns the digest: kDigestBytes.
std::string Sha256(std::span<const std::byte> bytes);
std::string Sha256(std::string_view bytes);

// The digest of bytes that come piece by piece. One thread at a time.
class Sha256Pieces {
 public:
  Sha256Pieces();
  void Add(std::string_view piece);
  // Returns the digest of all pieces. Call it once; add nothing afterwards.
  std::string Digest();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// Returns the bytes as lower-case hexadecimal digits, two a byte.
std::string Hex(std::string_view bytes);
// Returns the 32 bytes that 64 lower-case digits stand for; nullopt for any other text.
std::optional<std::string> DigestFromHex(std::string_view digits);

}  // namespace mlp
