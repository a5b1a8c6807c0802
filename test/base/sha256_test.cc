#include "services/base/sha256.h"

#include <catch2/catch.hpp>

TEST_CASE("SHA-256 gives the digests of FIPS 180-2") {
  CHECK(mlp::Hex(mlp::Sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(mlp::Hex(mlp::Sha256("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("bytes that come in pieces have the digest that they have as a whole") {
  mlp::Sha256Pieces pieces;
  pieces.Add("a");
  pieces.Add("");
  pieces.Add("bc");
  CHECK(pieces.Digest() == mlp::Sha256("abc"));
}

TEST_CASE("a digest is read from its own hexadecimal digits and from nothing else") {
  const std::string digits = mlp::Hex(mlp::Sha256("abc"));
  CHECK(mlp::DigestFromHex(digits) == mlp::Sha256("abc"));
  CHECK_FALSE(mlp::DigestFromHex(digits.substr(1)).has_value());
  CHECK_FALSE(mlp::DigestFromHex(digits + "0").has_value());
  CHECK_FALSE(mlp::DigestFromHex(std::string(64, 'g')).has_value());
  CHECK_FALSE(mlp::DigestFromHex(std::string(64, 'B')).has_value());
}
