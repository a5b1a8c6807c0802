#include "libmlp/train/training_memory.h"

#include <catch2/catch.hpp>

namespace mlp {
namespace {

// 60,418,026 parameters, in which everything else is small.
const ModelSpec kLarge{{16, 20'000, 3'000, 26}};

double InParameters(const ModelSpec& spec, const TrainingOptions& options, std::uint64_t rows) {
  return static_cast<double>(TrainingBytes(spec, Precision::kFloat64, options, rows, 1)) /
         static_cast<double>(ParameterBytes(spec, Precision::kFloat64));
}

TEST_CASE("a large model is trained in two to three times its size, more with an optimizer") {
  CHECK(ParameterBytes(kLarge, Precision::kFloat64) == 8 * 60'421'026ULL);
  TrainingOptions options{10, 1e-4, 0};
  const double descent = InParameters(kLarge, options, 1000);
  CHECK(descent > 2);
  CHECK(descent < 3.2);
  options.solver = Solver::kSgd;
  options.batches.batch_size = 1000;
  CHECK(InParameters(kLarge, options, 1000) == Approx(descent + 2).margin(0.01));
  options.solver = Solver::kAdam;
  CHECK(InParameters(kLarge, options, 1000) == Approx(descent + 3).margin(0.01));
}

TEST_CASE("float32 needs about half of what float64 does") {
  const TrainingOptions options{10, 1e-4, 0};
  const auto bytes = [&](Precision precision) {
    return static_cast<double>(TrainingBytes(kLarge, precision, options, 16, 1));
  };
  CHECK(bytes(Precision::kFloat32) == Approx(bytes(Precision::kFloat64) / 2).epsilon(0.4));
}

TEST_CASE("all rows count in full-batch descent, those of a batch if batches are trained") {
  const ModelSpec spec{{1000, 10, 2}};
  TrainingOptions options{10, 1e-4, 0};
  const auto bytes = [&](std::uint64_t rows) {
    return TrainingBytes(spec, Precision::kFloat64, options, rows, 1);
  };
  CHECK(bytes(100'000) >= 100'000 * 1000 * 8);
  options.solver = Solver::kSgd;
  options.batches.batch_size = 200;
  CHECK(bytes(100'000) < 100'000 * 1000);
  CHECK(bytes(100'000) == bytes(200));
  CHECK(bytes(0) == bytes(1));
}

TEST_CASE("each thread has a block of rows of its own, as many as there are blocks") {
  const TrainingOptions options{10, 1e-4, 0};
  const auto bytes = [&](std::uint64_t rows, int threads) {
    return TrainingBytes(kLarge, Precision::kFloat64, options, rows, threads);
  };
  const std::uint64_t block = bytes(1000, 2) - bytes(1000, 1);
  CHECK(block > 0);
  CHECK(bytes(1000, 4) - bytes(1000, 1) == 3 * block);
  CHECK(bytes(10, 4) == bytes(10, 1));
  CHECK(bytes(1000, 0) == bytes(1000, 1));
}

TEST_CASE("a shard takes eight bytes for each number") {
  CHECK(ShardBytes(1000, 16) == 1000 * 17 * 8);
}

}  // namespace
}  // namespace mlp
