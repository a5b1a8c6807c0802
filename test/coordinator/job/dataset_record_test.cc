#include "services/coordinator/job/dataset_record.h"

#include <catch2/catch.hpp>

#include "services/base/field_error.h"
#include "test/coordinator/datasets/dataset_files.h"

namespace mlp::coordinator {
namespace {

using Catch::Contains;

std::string ProblemOf(std::vector<DatasetFile> files) {
  const absl::Status status = InOrder(std::move(files)).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(FieldOf(status).has_value());
  return std::string(status.message());
}

TEST_CASE("a stored dataset's name is a word that is safe anywhere") {
  for (const char* good : {"letters", "a", "9", "Letters-2_b.v1"})
    CHECK(CheckStoredName(good).ok());
  for (const char* bad : {"", ".", "..", "-a", "a/b", "a b", "ä", "a\n"}) {
    CHECK(FieldOf(CheckStoredName(bad)) == "name");
  }
  CHECK(CheckStoredName(std::string(255, 'a')).ok());
  CHECK_FALSE(CheckStoredName(std::string(256, 'a')).ok());
}

TEST_CASE("files come in the order of their numbers, the validation file last") {
  const std::vector<DatasetFile> files = InOrder(FilesOf(kTinyTexts)).value();
  REQUIRE(files.size() == 3);
  CHECK(files[0].name == "train_2.txt");
  CHECK(files[1].name == "train_10.txt");
  CHECK(files[2].name == "validate_tiny.txt");
}

TEST_CASE("a schema comes after the validation file") {
  Texts texts = kTinyTexts;
  texts["schema.json"] = "{}";
  const std::vector<DatasetFile> files = InOrder(FilesOf(texts)).value();
  REQUIRE(files.size() == 4);
  CHECK(files[2].name == "validate_tiny.txt");
  CHECK(files[3].name == "schema.json");
  CHECK(IsSchema(files[3]));
  CHECK_FALSE(IsSchema(files[2]));
  CHECK_THAT(ProblemOf({files[0], files[3]}), Contains("validate_*, has 0"));
  CHECK_THAT(ProblemOf({files[0], files[2], files[3], files[3]}), Contains("schema.json twice"));
}

TEST_CASE("files that are no dataset are refused with what is wrong") {
  std::vector<DatasetFile> files = FilesOf(kTinyTexts);
  SECTION("no shard") { CHECK_THAT(ProblemOf({files[2]}), Contains("train_*")); }
  SECTION("no validation file") {
    files.pop_back();
    CHECK_THAT(ProblemOf(files), Contains("validate_*, has 0"));
  }
  SECTION("two validation files") {
    files.push_back(files.back());
    files.back().name = "validate_other";
    CHECK_THAT(ProblemOf(files), Contains("validate_*, has 2"));
  }
  SECTION("another name") {
    files[0].name = "notes.txt";
    CHECK_THAT(ProblemOf(files), Contains("files[0].name") && Contains("notes.txt"));
  }
  SECTION("a path") {
    files[1].name = "train_/../../etc/passwd";
    CHECK_THAT(ProblemOf(files), Contains("files[1].name"));
  }
  SECTION("a name twice") {
    files.push_back(files[0]);
    CHECK_THAT(ProblemOf(files), Contains(files[0].name + " twice"));
  }
  SECTION("a short digest") {
    files[1].sha256.pop_back();
    CHECK_THAT(ProblemOf(files), Contains("files[1].sha256"));
  }
  SECTION("lengths out of range") {
    files[0].bytes = GENERATE(0, -1, (std::int64_t{1} << 30) + 1);
    CHECK_THAT(ProblemOf(files), Contains("files[0].bytes"));
  }
  SECTION("one content with two lengths") {
    files[1].sha256 = files[0].sha256;
    files[1].bytes = files[0].bytes + 1;
    CHECK_THAT(ProblemOf(files), Contains("another length"));
  }
  SECTION("too many") {
    CHECK_THAT(ProblemOf(std::vector<DatasetFile>(kMaxDatasetFiles + 1)), Contains("100000"));
  }
}

}  // namespace
}  // namespace mlp::coordinator
