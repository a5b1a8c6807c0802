// Tests of the commands for models in files: no coordinator is needed.

#include <catch2/catch.hpp>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/show/prediction_text.h"
#include "libmlp/data/matrix.h"
#include "libmlp/model/initialization.h"
#include "libmlp/model/parameters.h"
#include "libmlp/train/predictor.h"
#include "services/model/model_file.h"
#include "test/cli/client/client_program.h"
#include "test/cli/files/gzipped.h"
#include "test/support/models.h"
#include "test/support/process.h"
#include "test/support/scratch.h"

namespace mlp::cli {
namespace {

using Catch::Contains;
using mlp::test::ContentOf;
using mlp::test::ProcessResult;

class Files {
 public:
  std::string Path(const std::string& name) const { return (scratch_.path() / name).string(); }
  std::string Add(const std::string& name, const std::string& content) const {
    return scratch_.Write(name, content).string();
  }
  std::string Add(const std::string& name, const model::SavedModel& model) const {
    return Add(name, model::Write(model, model::Format::kMlp).value());
  }
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(scratch_.path()), {}));
  }

 private:
  mlp::test::Scratch scratch_;
};

ProcessResult RunOffline(std::vector<std::string> arguments) {
  return RunClient("127.0.0.1:1", std::move(arguments));
}

// A trivial model: y = 2 x.
model::SavedModel Double() {
  model::SavedModel model;
  model.spec = {{1, 1}, Activation::kRelu, Output::kIdentity};
  model.parameters = Share(Vector<double>{0, 2});
  return model;
}

// A model whose class is 1, "b, c", if x > 0.
model::SavedModel Sign() {
  model::SavedModel model;
  model.spec = {{1, 2}};
  model.parameters = Share(Vector<double>{0, 0, 0, 100});
  Schema schema;
  schema.columns.resize(1);
  schema.columns[0].name = "x";
  schema.label = "sign";
  schema.classes = {"a", "b, c"};
  model.schema = schema;
  return model;
}

TEST_CASE("a model file goes from one format to the others and back to its digest") {
  Files files;
  const std::string start = files.Add("m.mlp", model::test::Fruit());
  const std::string digest = model::DigestOf(model::test::Fruit());
  std::string before = start;
  const std::pair<std::string, std::string> formats[] = {
      {"m.json", "json"}, {"m.npz", "npz"}, {"m.model", "mlp"}};
  for (const auto& [name, format] : formats) {
    const ProcessResult result = RunOffline({"model", "export", before, "-o", files.Path(name)});
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    CHECK_THAT(result.out, Catch::StartsWith(files.Path(name) + ": " + format + ", ") &&
                               Contains(" bytes, model digest " + digest));
    before = files.Path(name);
  }
  CHECK(ContentOf(before) == ContentOf(start));
  CHECK(RunOffline({"model", "export", start, "--format", "json"}).out ==
        ContentOf(files.Path("m.json")));
}

TEST_CASE("export names the format that it wrote, so that a mistyped ending shows") {
  Files files;
  const std::string model = files.Add("m", Double());
  const std::string typo = files.Path("m.onx");
  CHECK_THAT(RunOffline({"model", "export", model, "-o", typo}).out,
             Catch::StartsWith(typo + ": mlp, "));
  CHECK_THAT(RunOffline({"--json", "model", "export", model, "-o", typo}).out,
             Contains("\"format\":\"mlp\""));
}

TEST_CASE("predict prints the most probable class and the probabilities, by the schema's names") {
  Files files;
  const std::string model = files.Add("m", Sign());
  const std::string rows = files.Add("rows.csv", "sign,x,other\n?,5,u\n,-5,v\n");
  const ProcessResult result = RunOffline({"predict", model, rows});
  CHECK(result.exit_code == 0);
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n');
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "sign,a,\"b, c\"");
  CHECK_THAT(lines[1], Catch::StartsWith("\"b, c\",") && Catch::EndsWith(",1"));
  CHECK_THAT(lines[2], Catch::StartsWith("a,1,"));
  const ProcessResult labels = RunOffline({"predict", model, rows, "--labels-only"});
  CHECK(labels.out == "sign\n\"b, c\"\na\n");
}

TEST_CASE("predict prints numbers, of a table without a header") {
  Files files;
  const std::string model = files.Add("m", Double());
  CHECK(RunOffline({"predict", model, files.Add("one.csv", "1\n2.5\n")}).out ==
        "prediction\n2\n5\n");
  CHECK(
      RunOffline({"predict", model, files.Add("two.csv", "1;7\n-3;8\n"), "--separator", ";"}).out ==
      "prediction\n2\n-6\n");
}

TEST_CASE("predict says the probabilities that libmlp says, to nine decimals, in both precisions") {
  for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
    Files files;
    model::SavedModel model = model::test::Fruit(precision);
    model.parameters =
        Share(InitialParameters(model.spec, precision, Initialization::kGlorotUniform, 11));
    model.schema.reset();
    const std::string path = files.Add("m", model);
    const ProcessResult result =
        RunOffline({"predict", path, files.Add("r.csv", "1,2,3,4,5\n0,0,0,0,0\n")});
    const Matrix<double> expected = Probabilities(model.spec, *model.parameters,
                                                  Matrix<double>{{1, 2, 3, 4, 5}, {0, 0, 0, 0, 0}});
    const std::vector<std::string> lines = absl::StrSplit(result.out, '\n');
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == "label,0,1");
    for (std::size_t i = 0; i < 2; ++i) {
      const std::vector<std::string> cells = absl::StrSplit(lines[i + 1], ',');
      REQUIRE(cells.size() == 3);
      for (std::size_t k = 0; k < 2; ++k) {
        CHECK(std::stod(cells[k + 1]) == Approx(expected(i, k)).epsilon(0).margin(6e-10));
      }
    }
  }
}

TEST_CASE("small probabilities keep their digits, and certainty is 1") {
  model::SavedModel model;
  model.spec = {{1, 3}};
  model.parameters = Share(Vector<double>{0, 0, 0, 0, -20, -100});
  PredictionText text_of(model, false);
  std::string text;
  text_of.Append(Matrix<double>{{0.5, 0.25 + 1e-9, 1e-20}, {1, 1e-5, 0}, {1 - 1e-12, 9.9e-6, 0.1}},
                 text);
  CHECK(text == "0,0.5,0.250000001,1e-20\n0,1,0.00001,0\n0,1,9.9e-06,0.1\n");
}

TEST_CASE("a table of many blocks is predicted in the order of its rows") {
  Files files;
  std::string rows, expected = "prediction\n";
  for (int i = 0; i < 10'000; ++i) {
    absl::StrAppend(&rows, i, "\n");
    absl::StrAppend(&expected, 2 * i, "\n");
  }
  const std::string out = files.Path("out.csv");
  const ProcessResult result = RunOffline(
      {"--json", "predict", files.Add("m", Double()), files.Add("r.csv", rows), "-o", out});
  CHECK(result.exit_code == 0);
  CHECK(ContentOf(out) == expected);
  CHECK_THAT(result.out, Contains("{\"rows\":10000,") && Contains("\"peakBytes\":"));
}

TEST_CASE("a malformed row is an error with its place, and leaves the file that was there") {
  Files files;
  std::string rows;
  for (int i = 0; i < 9000; ++i) rows += "1\n";
  const std::string bad = files.Add("r.csv", rows + "x\n");
  const std::string model = files.Add("m", Double());
  const std::string out = files.Add("out.csv", "old");
  const ProcessResult result = RunOffline({"predict", model, bad, "-o", out});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Contains("r.csv:9001:1: column '1': 'x' is not a number"));
  CHECK(ContentOf(out) == "old");
  CHECK(files.count() == 3);
}

TEST_CASE("predict reads standard input and writes what is no regular file directly") {
  Files files;
  const std::string model = files.Add("m", Double());
  const std::string rows = files.Add("r.csv", "1\n");
  const std::string command = absl::StrCat(MLP_BIN_DIR, "/mlp-client predict ", model,
                                           " - -o /dev/stdout <", rows, " | cat");
  CHECK(mlp::test::Run({"/bin/sh", "-c", command}).out == "prediction\n2\n");
  // An empty one has no first row to tell its columns by.
  const ProcessResult empty = RunOffline({"predict", model, "-"});
  CHECK(empty.exit_code == 1);
  CHECK_THAT(empty.err, Contains("standard input: the file is empty"));
}

TEST_CASE("rows that gzip compressed are predicted and measured as they were") {
  Files files;
  const std::string model = files.Add("m", Double());
  const std::string rows = files.Add("r.csv.gz", Gzipped("1,2\n2,4\n3,5\n"));
  CHECK(RunOffline({"predict", model, rows}).out == "prediction\n2\n4\n6\n");
  CHECK_THAT(RunOffline({"evaluate", model, rows}).out, Contains("over 3 rows of r.csv.gz"));
}

TEST_CASE("what cannot be read or written is an error that names it") {
  Files files;
  const std::string model = files.Add("m", Double());
  const std::string rows = files.Add("r.csv", "1\n");
  const auto fails = [](const std::vector<std::string>& arguments) {
    const ProcessResult result = RunOffline(arguments);
    CHECK(result.exit_code == 1);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK_THAT(fails({"predict", model, files.Path("none.csv")}),
             Contains("cannot read " + files.Path("none.csv") + ": No such file"));
  CHECK_THAT(fails({"predict", files.Path("none"), rows}),
             Contains(files.Path("none") + ": there is no such file"));
  CHECK_THAT(fails({"predict", rows, rows}), Contains("is no model"));
  model::SavedModel two = Double();
  two.spec.layer_sizes = {2, 1};
  two.parameters = Share(Vector<double>{0, 2, 2});
  CHECK_THAT(fails({"predict", files.Add("two", two), files.Add("semi.csv", "1;2\n")}),
             Contains("semi.csv:1:1: the row has 1 cells; expected 2") &&
                 Contains("are its cells separated otherwise (--separator ';')?"));
  CHECK_THAT(fails({"predict", model, files.Path("")}), Contains("Is a directory"));
  CHECK_THAT(fails({"predict", model, rows, "-o", files.Path("no/out.csv")}),
             Contains("cannot write " + files.Path("no/out.csv")));
  CHECK_THAT(fails({"evaluate", model, "letters/rows.csv"}),
             Contains("cannot read letters/rows.csv") && Contains("model import"));
  CHECK(RunOffline({"predict", model, rows, "-o", "/dev/full"}).exit_code == 1);
  const ProcessResult elsewhere = RunOffline({"predict", "none.mlp", rows});
  CHECK(elsewhere.exit_code == 3);
  CHECK_THAT(elsewhere.err, Contains("no file none.mlp is here; asking the coordinator"));
}

TEST_CASE("evaluate says error, scores of each class and which were taken for which") {
  Files files;
  const std::string model = files.Add("m", Sign());
  const std::string rows = files.Add(
      "rows.csv", "sign,x\na,-1\na,-2\na,3\n\"b, c\",4\n\"b, c\",-5\n\"b, c\",6\n\"b, c\",7\n");
  const ProcessResult result = RunOffline({"evaluate", model, rows});
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("error 0.2857 (2 of 7 rows of rows.csv wrong), accuracy 0.7143"));
  CHECK_THAT(result.out, Contains("CLASS  ROWS  PRECISION  RECALL  F1\n"
                                  "a      3     0.6667     0.6667  0.6667\n"
                                  "b, c   4     0.7500     0.7500  0.7500\n"));
  CHECK_THAT(result.out, Contains("CLASS  -> a  -> b, c\n"
                                  "a      2     1\n"
                                  "b, c   1     3\n"));
  const ProcessResult json = RunOffline({"--json", "evaluate", model, rows});
  CHECK_THAT(json.out, Contains("\"confusion\":[\"2\",\"1\",\"1\",\"3\"]") &&
                           Contains("\"wrongRows\":\"2\""));
}

TEST_CASE("evaluate says R² and RMSE where a model predicts numbers") {
  Files files;
  const std::string model = files.Add("m", Double());
  const ProcessResult result =
      RunOffline({"evaluate", model, files.Add("rows.csv", "1,2\n2,4\n3,5\n")});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("R² 0.7857, RMSE 0.57735 over 3 rows of rows.csv, loss 0.5000"));
  // Numbers that are all the same have no variance to explain.
  const ProcessResult same = RunOffline({"evaluate", model, files.Add("same.csv", "1,2\n1,2\n")});
  CHECK_THAT(same.out, Catch::StartsWith("RMSE 0 over 2 rows"));
}

TEST_CASE("rows without labels, or with one that the model does not know, cannot be measured") {
  Files files;
  const std::string model = files.Add("m", Sign());
  const auto fails = [&](const std::string& rows) {
    const ProcessResult result = RunOffline({"evaluate", model, files.Add("rows.csv", rows)});
    CHECK(result.exit_code == 1);
    return result.err;
  };
  CHECK_THAT(fails("x\n1\n"), Contains("rows.csv: has no column 'sign'"));
  CHECK_THAT(fails("x,sign\n1,d\n"),
             Contains("rows.csv:2:3: column 'sign': 'd' is none of the classes"));
  CHECK_THAT(fails("x,sign\n"), Contains("has no rows"));
}

}  // namespace
}  // namespace mlp::cli
