#include "services/wire/parameter_pieces.h"

#include <catch2/catch.hpp>
#include <string>

#include "libmlp/model/parameters.h"

namespace mlp::wire {
namespace {

using Room = ParameterAssembly::Room;

std::string BytesOfOnes(std::size_t count) {
  const Parameters ones(Vector<double>(count, 1.0));
  const auto bytes = BytesOf(ones);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_CASE("parameters that are announced take no memory before they come") {
  const std::int64_t announced = 8 * kMaxParameters;
  auto assembly = ParameterAssembly::Begin(Precision::kFloat64, announced, Room::kAsItComes);
  REQUIRE(assembly.ok());
  CHECK(assembly->room() == 0);
  std::size_t came = 0;
  const std::string piece = BytesOfOnes(1000);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(assembly->Add(piece).ok());
    came += piece.size();
    REQUIRE(assembly->room() >= came);
    REQUIRE(assembly->room() <= 4 * came);
  }
}

TEST_CASE("parameters that grow with their pieces are those that were sent") {
  const std::string all = BytesOfOnes(1000);
  auto assembly = ParameterAssembly::Begin(Precision::kFloat64, 8000, Room::kAsItComes);
  for (std::size_t at = 0; at < all.size(); at += 7) {  // elements are cut
    REQUIRE(assembly->Add(all.substr(at, 7)).ok());
  }
  CHECK(assembly->room() == all.size());
  CHECK_FALSE(assembly->Add("x").ok());
  const auto parameters = (*std::move(assembly)).Finish(Sha256(all));
  REQUIRE(parameters.ok());
  CHECK(**parameters == Parameters(Vector<double>(1000, 1.0)));
}

TEST_CASE("parameters of which some are missing are refused") {
  auto assembly = ParameterAssembly::Begin(Precision::kFloat64, 8000, Room::kAsItComes);
  REQUIRE(assembly->Add(BytesOfOnes(1)).ok());
  const absl::Status status = (*std::move(assembly)).Finish("").status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(status.message() == "ended after 8 of 8000 bytes");
}

}  // namespace
}  // namespace mlp::wire
