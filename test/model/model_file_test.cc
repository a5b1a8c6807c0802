#include "services/model/model_file.h"

#include <zip.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libmlp/model/parameters.h"
#include "services/model/archive.h"
#include "services/model/json_model.h"
#include "services/model/npz_model.h"
#include "test/support/models.h"

namespace mlp::model::test {
namespace {

using Catch::Contains;

const Format kReadable[] = {Format::kMlp, Format::kNpz, Format::kJson};

std::string Written(const SavedModel& model, Format format) {
  const absl::StatusOr<std::string> bytes = Write(model, format);
  INFO(bytes.status());
  REQUIRE(bytes.ok());
  return *bytes;
}

std::string Refused(const std::string& bytes) {
  const absl::StatusOr<SavedModel> model = Read(bytes, "m");
  REQUIRE(absl::IsInvalidArgument(model.status()));
  return std::string(model.status().message());
}

std::string Replaced(const std::string& text, const std::string& from, const std::string& to) {
  REQUIRE_THAT(text, Contains(from));
  return absl::StrReplaceAll(text, {{from, to}});
}

void CheckSame(const SavedModel& model, const SavedModel& other) {
  CHECK(DigestOf(model) == DigestOf(other));
  CHECK(*model.parameters == *other.parameters);
  CHECK(model.spec == other.spec);
  CHECK(model.schema == other.schema);
  CHECK(model.job_id == other.job_id);
  CHECK(model.dataset == other.dataset);
}

TEST_CASE("A model that is written and read again is the same to the last bit") {
  for (const SavedModel& model :
       {Fruit(Precision::kFloat64), Fruit(Precision::kFloat32), Number()}) {
    for (const Format format : kReadable) {
      CAPTURE(FormatName(format));
      const absl::StatusOr<SavedModel> again = Read(Written(model, format), "m");
      INFO(again.status());
      REQUIRE(again.ok());
      CheckSame(*again, model);
      CHECK(Written(*again, format) == Written(model, format));
    }
  }
}

TEST_CASE("A message whose first bytes look like blanks and a brace is no JSON") {
  SavedModel model;
  model.spec = {{123, 123, 123, 123, 123, 123, 123, 300}};  // the packed sizes are 9 bytes
  model.parameters = Share(ZeroParameters(Precision::kFloat32, ParameterCount(model.spec)));
  CHECK(Read(Written(model, Format::kMlp), "m").ok());
}

TEST_CASE("No beginning of a model file is a model, nor one with a byte more or another one") {
  const SavedModel model = Fruit();
  for (const Format format : {Format::kNpz, Format::kJson}) {
    CAPTURE(FormatName(format));
    const std::string bytes = Written(model, format);
    for (std::size_t size = 0; size + 2 < bytes.size(); size += 7) {
      CHECK_FALSE(Read(bytes.substr(0, size), "m").ok());
    }
  }
  const std::string bytes = Written(model, Format::kMlp);
  for (std::size_t size = 0; size < 200; ++size) CHECK_FALSE(Read(bytes.substr(0, size), "m").ok());
  std::string changed = Written(model, Format::kNpz);
  const std::size_t coefficients = changed.find("coefs_1.npy");
  changed[coefficients + 150] ^= 1;
  CHECK_FALSE(Read(changed, "m").ok());
}

TEST_CASE("What is no model at all is refused by its name") {
  CHECK(Refused("") == "m: is empty");
  CHECK_THAT(Refused("hello"), Contains("m: is no model"));
  CHECK_THAT(Refused("PK\x03\x04 and no more"), Contains("m: is no archive"));
  CHECK_THAT(Refused("{\"format\": \"mlp"), Contains("m: ") && Contains("line 1, column 16"));
  CHECK_THAT(Refused("{}"), Contains("format: must be 'mlp-model-1'"));
  CHECK_THAT(Refused(std::string(100'000, '{')), Contains("m: "));
  CHECK(absl::IsNotFound(ReadFile("/nowhere/m").status()));
}

TEST_CASE("A message that is no model says which field is wrong") {
  const auto refused = [](const std::function<void(v1::Model&)>& change) {
    v1::Model proto = ToProto(Fruit());
    change(proto);
    return Refused(proto.SerializeAsString());
  };
  CHECK_THAT(refused([](auto& m) { m.mutable_spec()->set_layer_sizes(1, 9); }),
             Contains("parameters.data"));
  CHECK_THAT(refused([](auto& m) { m.mutable_spec()->set_layer_sizes(1, 100'000'000); }),
             Contains("spec.layer_sizes"));
  CHECK_THAT(refused([](auto& m) { m.mutable_parameters()->set_sha256("x"); }),
             Contains("parameters.sha256"));
  CHECK_THAT(refused([](auto& m) { m.mutable_schema()->clear_columns(); }),
             Contains("schema") && Contains("there are none"));
  CHECK_THAT(refused([](auto& m) { m.mutable_schema()->mutable_columns()->RemoveLast(); }),
             Contains("make 4 features, the model takes 5"));
  CHECK_THAT(refused([](auto& m) { m.mutable_schema()->add_classes("plum"); }),
             Contains("has 3 names, the model knows 2"));
  CHECK_THAT(refused([](auto& m) { m.mutable_schema()->clear_classes(); }),
             Contains("schema.classes: is empty, but the model predicts classes"));
}

TEST_CASE("JSON that is no model says which key is wrong") {
  const std::string json = Written(Fruit(), Format::kJson);
  const auto refused = [&](const std::string& from, const std::string& to) {
    return Refused(Replaced(json, from, to));
  };
  CHECK_THAT(refused("\"tanh\"", "\"step\""), Contains("activation"));
  CHECK_THAT(refused("\"softmax\"", "7"), Contains("output: must be a text"));
  CHECK_THAT(refused("\"float64\"", "\"float16\""), Contains("precision"));
  CHECK_THAT(refused("\"scale\": 0.7", "\"scale\": 0"), Contains("columns[0].scale"));
  CHECK_THAT(refused("\"layers\"", "\"liars\""), Contains("layers: must be an array of 2 layers"));
  CHECK_THAT(refused("\"weights\"", "\"heights\""), Contains("layers[0]: must have"));
  CHECK_THAT(refused("0.3333333333333333", "\"a third\""),
             Contains("layers[0].bias: must be an array of 4 numbers"));
  CHECK_THAT(refused("0.3333333333333333", "1, 2"), Contains("layers[0].bias"));
  CHECK_THAT(refused("0.3333333333333333", "1e999"),
             Contains("a number that is beyond float64's range"));
  CHECK_THAT(Refused("{\n  \"format\" 7}"), Contains("is no JSON from line 2, column 12 on"));
  CHECK_THAT(Refused("{\"format\": "), Contains("is no JSON from line 1, column 12 on"));
  CHECK_THAT(refused("0.3333333333333333", "0.5"), Contains("digest: says"));
}

TEST_CASE("JSON without its digest is taken as it is") {
  std::string json = Written(Fruit(), Format::kJson);
  json = Replaced(json, "\"digest\"", "\"was\"");
  json = Replaced(json, "0.3333333333333333", "0.5");
  const absl::StatusOr<SavedModel> model = Read(json, "m");
  REQUIRE(model.ok());
  CHECK(std::get<Vector<double>>(*model->parameters)[3] == 0.5);
}

TEST_CASE("JSON of huge layers that are not there is refused before there is room for them") {
  std::string huge = Written(Number(), Format::kJson);
  const std::size_t begin = huge.find('[', huge.find("layer_sizes"));
  huge.replace(begin, huge.find(']', begin) + 1 - begin, "[20, 1000000, 1]");
  CHECK_THAT(Refused(huge), Contains("JSON takes at most"));
}

// Returns an archive of the model's members, with `name` as `change` changes it, or without it.
std::string Rearchived(const std::string& name,
                       const std::function<void(std::string&)>& change = nullptr) {
  const std::string bytes = Written(Fruit(), Format::kNpz);
  ArchiveReader reader = ArchiveReader::Open(bytes).value();
  ArchiveWriter writer;
  for (const char* member :
       {"model.json", "coefs_0.npy", "intercepts_0.npy", "coefs_1.npy", "intercepts_1.npy"}) {
    std::string content = reader.Read(member, 1 << 20).value();
    if (member == name && change == nullptr) continue;
    if (member == name) change(content);
    REQUIRE(writer.Add(member, std::move(content)).ok());
  }
  return writer.Finish().value();
}

// Returns the bytes, little-endian.
std::string FourBytes(std::uint32_t value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

TEST_CASE("An archive that says it has more than it can is refused before there is room for it") {
  constexpr std::uint32_t kSize = 5'000'000, kForged = 50'000'000;
  const std::string zeros(kSize, '\0');
  zip_source_t* const buffer = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  zip_t* const archive = zip_open_from_source(buffer, ZIP_TRUNCATE, nullptr);
  zip_source_keep(buffer);
  zip_source_t* const content = zip_source_buffer(archive, zeros.data(), kSize, 0);
  REQUIRE(zip_file_add(archive, "model.json", content, 0) == 0);
  zip_set_file_compression(archive, 0, ZIP_CM_DEFLATE, 9);
  REQUIRE(zip_close(archive) == 0);
  REQUIRE(zip_source_open(buffer) == 0);
  std::string bytes(20'000, '\0');
  bytes.resize(static_cast<std::size_t>(zip_source_read(buffer, bytes.data(), bytes.size())));
  zip_source_close(buffer);
  zip_source_free(buffer);
  CHECK_THAT(Refused(bytes), Contains("model.json: ") && Contains("is no JSON from line 1"));
  const std::string forged = absl::StrReplaceAll(bytes, {{FourBytes(kSize), FourBytes(kForged)}});
  CHECK_THAT(Refused(forged), Contains("model.json: says that it has 50000000 bytes"));
}

TEST_CASE("An archive that is no model says which member is wrong") {
  CHECK_THAT(Refused(Rearchived("model.json")), Contains("m: model.json: is not in the archive"));
  CHECK_THAT(Refused(Rearchived("coefs_1.npy")), Contains("coefs_1.npy: is not in the archive"));
  CHECK_THAT(Refused(Rearchived("model.json", [](auto& text) { text.resize(1); })),
             Contains("model.json: ") && Contains("is no JSON from line 1"));
  CHECK_THAT(Refused(Rearchived("coefs_0.npy", [](auto& text) { text.resize(2); })),
             Contains("coefs_0.npy: is no NumPy array"));
  // The header itself is whole; only its padding is missing.
  CHECK_THAT(
      Refused(Rearchived("coefs_0.npy", [](auto& text) { text.resize(text.find('}') + 1); })),
      Contains("coefs_0.npy: ends within its header"));
  CHECK_THAT(Refused(Rearchived("coefs_0.npy", [](auto& text) { text.pop_back(); })),
             Contains("coefs_0.npy: has 159 bytes of data, should have 160"));
  CHECK_THAT(
      Refused(Rearchived("coefs_0.npy", [](auto& text) { text[text.find("<f8") + 2] = '4'; })),
      Contains("'<f4'") && Contains("it should be {'descr': '<f8'"));
  CHECK_THAT(Refused(Rearchived("coefs_0.npy", [](auto& text) { text.append(1 << 17, 'x'); })),
             Contains("coefs_0.npy: has") && Contains("are possible"));
  CHECK_THAT(Refused(Rearchived("coefs_0.npy", [](auto& text) { text.back() ^= 1; })),
             Contains("digest: says"));
}

}  // namespace
}  // namespace mlp::model::test
