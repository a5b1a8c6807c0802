#include "test/libmlp/testing.h"

#include <random>
#include <string>

#include "libmlp/data/dataset_files.h"
#include "libmlp/data/shard.h"
#include "libmlp/model/parameters.h"

namespace mlp::testing {
namespace {

double Uniform(std::mt19937& generator, double low, double high) {
  return low + (high - low) * static_cast<double>(generator()) / 4294967296.0;
}

}  // namespace

Shard LettersFile(const std::string& name) {
  return ParseShard(ReadFile(std::string(MLP_SOURCE_DIR "/datasets/letters/") + name).value(), name)
      .value();
}

std::vector<Shard> LettersShards() {
  std::vector<Shard> shards;
  for (int i = 1; i <= 11; ++i) {
    shards.push_back(LettersFile("train_letters" + std::to_string(i) + ".txt"));
  }
  return shards;
}

ModelSpec ReferenceSpec() { return {{16, 20, 26}, Activation::kUnrectifiedRelu}; }

Shard RandomShard(std::size_t rows, std::size_t features, std::size_t classes, std::uint32_t seed) {
  std::mt19937 generator(seed);
  Shard shard{Matrix<double>::from_shape({rows, features}),
              xt::xtensor<std::int32_t, 1>::from_shape({rows})};
  for (double& x : shard.features) x = Uniform(generator, -2, 2);
  for (std::int32_t& label : shard.labels) label = static_cast<std::int32_t>(generator() % classes);
  return shard;
}

Parameters RandomParameters(const ModelSpec& spec, double low, double high, std::uint32_t seed) {
  std::mt19937 generator(seed);
  Vector<double> values(ParameterCount(spec));
  for (double& x : values) x = Uniform(generator, low, high);
  return values;
}

std::vector<std::byte> Bits(const Parameters& parameters) {
  const auto bytes = BytesOf(parameters);
  return {bytes.begin(), bytes.end()};
}

std::uint64_t Fingerprint(const Parameters& parameters) {
  std::uint64_t hash = 14695981039346656037u;
  for (std::byte byte : BytesOf(parameters)) {
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 1099511628211u;
  }
  return hash;
}

}  // namespace mlp::testing
