// Common parts of tests of libmlp: letters, small random problems, and a hash of bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "libmlp/model/model_spec.h"

namespace mlp {
class Parameters;
struct Shard;
}  // namespace mlp

namespace mlp::testing {

// Returns a file of datasets/letters.
Shard LettersFile(const std::string& name);
// Returns the 11 training shards, in order.
std::vector<Shard> LettersShards();
// Returns the reference's model for letters, with 20 hidden units.
ModelSpec ReferenceSpec();

// Draws features uniformly in [-2, 2), labels uniformly.
Shard RandomShard(std::size_t rows, std::size_t features, std::size_t classes, std::uint32_t seed);
// Draws parameters uniformly in [low, high), in float64.
Parameters RandomParameters(const ModelSpec& spec, double low, double high, std::uint32_t seed);

std::vector<std::byte> Bits(const Parameters& parameters);
// Returns FNV-1a, 64 bits, of the bytes.
std::uint64_t Fingerprint(const Parameters& parameters);

}  // namespace mlp::testing
