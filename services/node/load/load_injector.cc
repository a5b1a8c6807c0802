#include "services/node/load/load_injector.h"

#include <utility>

namespace mlp::node {
namespace {

// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): every input bit moves half of the
// output bits.
std::uint64_t Mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Adds `value` to `hash`; the order of the calls counts.
std::uint64_t Combine(std::uint64_t hash, std::uint64_t value) {
  return Mix(hash + 0x9e3779b97f4a7c15 + Mix(value));
}

// FNV-1a of the text.
std::uint64_t HashOf(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

double KeyedDraw(std::uint64_t seed, const std::string& node, std::int32_t round,
                 std::int32_t shard, DrawPurpose purpose, std::int32_t offer) {
  std::uint64_t hash = Combine(0, seed);
  hash = Combine(hash, HashOf(node));
  hash = Combine(hash, static_cast<std::uint64_t>(round));
  hash = Combine(hash, static_cast<std::uint64_t>(shard));
  hash = Combine(hash, static_cast<std::uint64_t>(purpose));
  hash = Combine(hash, static_cast<std::uint64_t>(offer));
  return static_cast<double>(hash >> 11) * 0x1p-53;
}

LoadInjector::LoadInjector(const LoadProfile& profile, std::string node)
    : profile_(profile), node_(std::move(node)) {}

bool LoadInjector::Rejects(std::int32_t round, std::int32_t shard, std::int32_t offer) const {
  return KeyedDraw(profile_.seed, node_, round, shard, DrawPurpose::kReject, offer) <
         profile_.probability;
}

std::chrono::nanoseconds LoadInjector::HoldUp(std::int32_t round, std::int32_t shard) const {
  const double draw = KeyedDraw(profile_.seed, node_, round, shard, DrawPurpose::kHoldUp, 0);
  return draw < profile_.probability ? profile_.delay : std::chrono::nanoseconds(0);
}

}  // namespace mlp::node
