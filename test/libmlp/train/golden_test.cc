// Compares the reference system's job with its own numbers.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "libmlp/data/shard.h"
#include "libmlp/model/initialization.h"
#include "libmlp/train/training.h"
#include "test/libmlp/testing.h"

namespace mlp::testing {
namespace {

constexpr TrainingOptions kReferenceOptions = {
    .epochs = 10, .learning_rate = 0.0001, .tolerance = 0.2};

struct GoldenRound {
  int round;
  std::string error_train11, error_validation;  // text as the reference system prints it
  int local_epochs_run;
  double sum_v, sum_w, abs_sum_v, abs_sum_w;
};

// Reads golden_table.csv: the results of the reference system's code in NumPy, in float64.
std::vector<GoldenRound> GoldenTable() {
  std::ifstream file(MLP_SOURCE_DIR "/test/libmlp/golden_table.csv");
  std::string line;
  std::getline(file, line);  // header
  std::vector<GoldenRound> table;
  while (std::getline(file, line)) {
    GoldenRound row;
    char train[32], validation[32];
    const int fields = std::sscanf(line.c_str(), "%d,%31[^,],%31[^,],%d,%lf,%lf,%lf,%lf",
                                   &row.round, train, validation, &row.local_epochs_run, &row.sum_v,
                                   &row.sum_w, &row.abs_sum_v, &row.abs_sum_w);
    REQUIRE(fields == 8);
    row.error_train11 = train;
    row.error_validation = validation;
    table.push_back(row);
  }
  return table;
}

std::string Printed(double error) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10f", error);
  return text;
}

// Trains one round in place; returns the local epochs of all shards.
int TrainRound(Parameters& parameters, const std::vector<Shard>& shards) {
  Parameters sum = ZeroParameters(PrecisionOf(parameters), SizeOf(parameters));
  int epochs = 0;
  for (const Shard& shard : shards) {
    TrainingResult result = Train(ReferenceSpec(), parameters, shard, kReferenceOptions).value();
    Add(sum, result.gradient);
    epochs += result.epochs_run;
  }
  AddAverage(parameters, sum, shards.size());
  return epochs;
}

struct Sums {
  double sum = 0, absolute = 0;
};

Sums SumsOf(const Vector<double>& values, std::size_t begin, std::size_t end) {
  Sums sums;
  for (std::size_t i = begin; i < end; ++i) {
    sums.sum += values[i];
    sums.absolute += std::abs(values[i]);
  }
  return sums;
}

TEST_CASE("All 30 rounds of the reference job end with the reference's numbers") {
  const std::vector<Shard> shards = LettersShards();
  const Shard validation = LettersFile("validate_letters.txt");
  const ModelSpec spec = ReferenceSpec();
  Parameters parameters =
      InitialParameters(spec, Precision::kFloat64, Initialization::kReference, 1);
  const std::size_t w_end = LayerOffset(spec, 1), v_end = ParameterCount(spec);
  const std::vector<GoldenRound> table = GoldenTable();
  REQUIRE(table.size() == 30);

  for (const GoldenRound& golden : table) {
    INFO("round " << golden.round);
    CHECK(TrainRound(parameters, shards) == golden.local_epochs_run);
    CHECK(Printed(Evaluate(spec, parameters, shards[10])->error()) == golden.error_train11);
    CHECK(Printed(Evaluate(spec, parameters, validation)->error()) == golden.error_validation);
    const Sums w = SumsOf(std::get<Vector<double>>(parameters), 0, w_end);
    const Sums v = SumsOf(std::get<Vector<double>>(parameters), w_end, v_end);
    CHECK(v.sum == Approx(golden.sum_v).epsilon(1e-6));
    CHECK(w.sum == Approx(golden.sum_w).epsilon(1e-6));
    CHECK(v.absolute == Approx(golden.abs_sum_v).epsilon(1e-6));
    CHECK(w.absolute == Approx(golden.abs_sum_w).epsilon(1e-6));
  }

  CHECK(Evaluate(spec, parameters, validation)->wrong_rows == 1166);
  CHECK(validation.rows() == 3500);
}

// The same numbers must come out of every build with this arithmetic: optimised or not, with
// sanitizers or without.
TEST_CASE("The bits of two rounds on letters are those on record") {
  const std::vector<Shard> shards = LettersShards();
  const auto two_rounds = [&](Precision precision) {
    Parameters parameters =
        InitialParameters(ReferenceSpec(), precision, Initialization::kReference, 1);
    for (int round = 0; round < 2; ++round) TrainRound(parameters, shards);
    return parameters;
  };
  const Parameters in_float64 = two_rounds(Precision::kFloat64);
  const Parameters in_float32 = two_rounds(Precision::kFloat32);
  CHECK(Fingerprint(in_float64) == 0x23a792c0cd469548);
  CHECK(Fingerprint(in_float32) == 0xb57384e181bea84f);
  CHECK(Bits(in_float64) == Bits(two_rounds(Precision::kFloat64)));
  CHECK(Bits(in_float32) == Bits(two_rounds(Precision::kFloat32)));
}

}  // namespace
}  // namespace mlp::testing
