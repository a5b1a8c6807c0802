// Tests of datasets whose schema says what their rows mean.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "services/coordinator/api/dataset_proto.h"
#include "services/coordinator/job/dataset.h"
#include "test/coordinator/datasets/catalog_world.h"
#include "test/coordinator/datasets/dataset_files.h"

namespace mlp::coordinator {
namespace {

using Catch::Contains;

Texts WithSchema(Texts texts, const std::string& schema) {
  texts["schema.json"] = schema;
  return texts;
}

const std::string kYesNo = R"({"columns": [{"name": "a", "scale": 1}, {"name": "b", "scale": 1}],
    "label": "c", "classes": ["no", "yes", "never"]})";
const std::string kRegression = R"({"columns": [{"name": "a", "scale": 1},
    {"name": "b", "scale": 1}], "label": "c"})";

TEST_CASE("a dataset's schema says what its classes are called, also after a restart") {
  CatalogWorld world;
  const DatasetStatus put = world.Put("tiny", WithSchema(kTinyTexts, kYesNo)).value();
  CHECK(put.record.files.back().name == "schema.json");
  CHECK(put.record.classes == 3);
  world.Restart();
  const auto dataset = world.catalog->Load("tiny").value();
  REQUIRE(dataset->schema != nullptr);
  CHECK(dataset->schema->classes == std::vector<std::string>{"no", "yes", "never"});
  CHECK_FALSE(dataset->regression());
  CHECK(dataset->classes == 3);
  CHECK(dataset->shards.size() == 2);
  const v1::Dataset proto = ToProto(world.Await(world.catalog->List()).at(0));
  CHECK(proto.shards() == 2);
  CHECK(proto.files_size() == 4);
  CHECK(proto.label() == "c");
  CHECK(proto.class_names_size() == 3);
  CHECK_FALSE(proto.regression());
}

TEST_CASE("a schema counts in a dataset's digest, and without one it is that of the rows alone") {
  CatalogWorld world;
  world.Put("plain", kTinyTexts).value();
  world.Put("named", WithSchema(kTinyTexts, kYesNo)).value();
  const auto plain = world.catalog->Load("plain").value();
  CHECK(plain->schema == nullptr);
  CHECK(plain->digest() ==
        Hex(Sha256(Sha256(kTinyTexts.at("train_2.txt")) + Sha256(kTinyTexts.at("train_10.txt")) +
                   Sha256(kTinyTexts.at("validate_tiny.txt")))));
  CHECK(world.catalog->Load("named").value()->digest() != plain->digest());
}

TEST_CASE("the label of a dataset whose schema has no classes is a number to predict") {
  CatalogWorld world;
  const Texts texts = {{"train_1.txt", "0,0,-1.5\n"}, {"validate_1.txt", "1,1,2e3\n"}};
  world.MakeDirectory("numbers", WithSchema(texts, kRegression));
  const auto dataset = world.catalog->Load("numbers").value();
  CHECK(dataset->regression());
  CHECK(dataset->classes == 1);
  CHECK(dataset->validation.targets(0) == 2000);
  const v1::Dataset proto = ToProto(world.Await(world.catalog->List()).at(0));
  CHECK(proto.regression());
  CHECK(proto.files_size() == 3);
}

TEST_CASE("a schema file that is too large is refused before it is read, whoever says its length") {
  CatalogWorld world;
  world.MakeDirectory("directory", WithSchema(kTinyTexts, kYesNo));
  const auto bytes = kMaxSchemaFileBytes + 1;
  std::filesystem::resize_file(world.data.path() / "directory" / "schema.json", bytes);
  const absl::Status directory = world.catalog->Load("directory").status();
  CHECK(directory.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(directory.message()),
             Contains("directory/schema.json: has 16777217 bytes, a schema at most 16777216"));

  // The client says that it is short.
  const std::string large(bytes, ' ');
  std::vector<DatasetFile> files = FilesOf(WithSchema(kTinyTexts, large));
  for (const auto& [name, text] : kTinyTexts) world.Send(text).value();
  world.Send(large).value();
  CHECK_THAT(std::string(InOrder(files).status().message()),
             Contains("bytes: is 16777217, a schema has at most 16777216"));
  for (DatasetFile& file : files) {
    if (IsSchema(file)) file.bytes = 100;
  }
  const absl::Status put =
      world.Await(world.catalog->Commit("tiny", InOrder(files).value())).status();
  CHECK(put.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(put.message()), Contains("tiny/schema.json: has 16777217 bytes"));
}

TEST_CASE("a schema that is malformed, or not that of the rows, is refused with what is wrong") {
  CatalogWorld world;
  const auto problem = [&world](const std::string& schema) {
    const absl::Status status = world.Put("tiny", WithSchema(kTinyTexts, schema)).status();
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  CHECK_THAT(problem("{"), Contains("tiny/schema.json: is not a schema in JSON"));
  CHECK_THAT(problem("{}"), Contains("tiny/schema.json") && Contains("columns: there are none"));
  CHECK_THAT(problem(R"({"columns": [{"name": "a", "scale": 1}], "label": "c",
                         "classes": ["x", "y"]})"),
             Contains("tiny/schema.json: columns: are 1 features, but rows have 2"));
  CHECK_THAT(problem(R"({"columns": [{"name": "a", "scale": 1}, {"name": "b", "scale": 1}],
                         "label": "c", "classes": ["x"]})"),
             Contains("tiny/schema.json: classes: are 1, but a row has class 1"));
  CHECK(world.Names().empty());
}

}  // namespace
}  // namespace mlp::coordinator
