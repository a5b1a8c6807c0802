#include "services/node/run/shard_file.h"

#include <catch2/catch.hpp>

#include "libmlp/data/shard.h"
#include "services/base/field_error.h"
#include "test/node/shard_files.h"
#include "test/support/no_descriptors.h"
#include "test/support/unprivileged.h"

namespace mlp::node {
namespace {

TEST_CASE("a shard with the right digest is read and parsed") {
  const DataDirectory data;
  const auto shard = LoadShard(data.path(), data.Write("xor", "train_1.txt", kXor));
  REQUIRE(shard.ok());
  CHECK((*shard)->rows() == 4);
  CHECK((*shard)->feature_count() == 2);
}

TEST_CASE("the same file is read as classes or as numbers to predict, which are told apart") {
  const DataDirectory data;
  ShardReference reference = data.Write("xor", "train_1.txt", kXor);
  const std::string classes = reference.parsed_as();
  CHECK_FALSE((*LoadShard(data.path(), reference))->regression());
  reference.labels = LabelKind::kNumber;
  CHECK((*LoadShard(data.path(), reference))->regression());
  CHECK(reference.parsed_as() != classes);
}

TEST_CASE("a file that is not there is named below the data directory") {
  const DataDirectory data;
  ShardReference reference = data.Write("xor", "train_1.txt", kXor);
  reference.file = "train_2.txt";
  const absl::Status status = LoadShard(data.path(), reference).status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), Catch::StartsWith("xor/train_2.txt: "));
  CHECK_THAT(std::string(status.message()), !Catch::Contains(data.path().string()));
}

TEST_CASE("a file that cannot be read for the moment is not taken for a wrong one") {
  const DataDirectory data;
  const ShardReference reference = data.Write("xor", "train_1.txt", kXor);
  const auto loaded = test::WithoutDescriptors([&] { return LoadShard(data.path(), reference); });
  CHECK(loaded.status().code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(loaded.status().message()),
             Catch::StartsWith("xor/train_1.txt: ") && Catch::Contains("Too many open files"));
  CHECK(LoadShard(data.path(), reference).ok());
}

TEST_CASE("a file that may not be read is no file of this node's, with the reason") {
  const DataDirectory data;
  const ShardReference reference = data.Write("xor", "train_1.txt", kXor);
  std::filesystem::permissions(data.path() / "xor" / "train_1.txt", std::filesystem::perms::none);
  const test::Unprivileged user;
  const absl::Status status = LoadShard(data.path(), reference).status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()),
             Catch::StartsWith("xor/train_1.txt: cannot be read: ") &&
                 Catch::EndsWith("Permission denied"));
}

TEST_CASE("a file with another digest is refused and both digests are told") {
  const DataDirectory data;
  ShardReference reference = data.Write("xor", "train_1.txt", kXor);
  const std::string actual = Hex(reference.sha256).substr(0, 12);
  reference.sha256 = Sha256("another file");
  const absl::Status status = LoadShard(data.path(), reference).status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()),
             Catch::StartsWith("xor/train_1.txt: ") && Catch::Contains(actual) &&
                 Catch::Contains(Hex(reference.sha256).substr(0, 12)));
}

TEST_CASE("a file that is no shard is refused with file and line") {
  const DataDirectory data;
  const ShardReference reference = data.Write("xor", "train_1.txt", "0,0,0\n0,x,1\n");
  const absl::Status status = LoadShard(data.path(), reference).status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), Catch::Contains("xor/train_1.txt:2"));
}

TEST_CASE("names that lead outside the data directory are refused") {
  const DataDirectory data;
  const ShardReference inside = data.Write("below/xor", "train_1.txt", kXor);
  const std::filesystem::path root = data.path() / "below" / "root";
  std::filesystem::create_directories(root);
  SECTION("by dots") {
    const ShardReference reference{"../xor", inside.file, inside.sha256};
    const absl::Status status = LoadShard(root, reference).status();
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK(FieldOf(status) == "data");
  }
  SECTION("by a link") {
    std::filesystem::create_directory_symlink(data.path() / "below" / "xor", root / "link");
    const ShardReference reference{"link", inside.file, inside.sha256};
    const absl::Status status = LoadShard(root, reference).status();
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK(FieldOf(status) == "data");
  }
}

}  // namespace
}  // namespace mlp::node
