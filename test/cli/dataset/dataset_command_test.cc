// The dataset commands of the program itself, against a DatasetService, or none.
#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "services/base/sha256.h"
#include "test/cli/client/client_program.h"
#include "test/coordinator/api/dataset_server.h"
#include "test/coordinator/datasets/dataset_files.h"
#include "test/support/process.h"
#include "test/support/scratch.h"
#include "test/support/unprivileged.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using coordinator::DatasetServer;
using coordinator::kTinyTexts;
using test::ContentOf;
using test::ProcessResult;

// A directory "tiny" with a dataset.
struct Tiny {
  explicit Tiny(const coordinator::Texts& texts = kTinyTexts) {
    for (const auto& [name, text] : texts) scratch.Write("tiny/" + name, text);
  }
  const test::Scratch scratch;
  const fs::path directory = scratch.path() / "tiny";
};

TEST_CASE("a dataset that was put is listed, put twice sends nothing, and rm removes it") {
  const DatasetServer server;
  const Tiny tiny;
  const ProcessResult first =
      RunClient(server.address(), {"dataset", "put", tiny.directory.string()});
  INFO(first.out << first.err);
  CHECK(first.exit_code == 0);
  CHECK_THAT(first.out, Contains("sending train_10.txt") && Contains("tiny: 2 shards") &&
                            Contains("sent 3 files") && Contains("0 were there already"));
  const ProcessResult again =
      RunClient(server.address(), {"dataset", "put", tiny.directory.string() + "/"});
  CHECK_THAT(again.out, Contains("tiny: 2 shards") && Contains("sent 0 files, 0 B") &&
                            Contains("3 were there already"));
  const ProcessResult other = RunClient(
      server.address(), {"--json", "dataset", "put", tiny.directory.string(), "--name", "other"});
  CHECK_THAT(other.out, Contains("\"name\":\"other\"") && Contains("\"files_sent\":0"));
  CHECK_THAT(RunClient(server.address(), {"dataset", "ls"}).out,
             Contains("other") && Contains("tiny") && Contains("3 + 1"));
  CHECK_THAT(first.out + again.out + other.out, !Contains("replaces"));
  std::ofstream(tiny.directory / "train_10.txt") << "5,5,1\n";
  CHECK_THAT(RunClient(server.address(), {"dataset", "put", tiny.directory.string()}).out,
             Contains("it replaces the dataset that had the name"));
  CHECK_THAT(RunClient(server.address(),
                       {"--json", "dataset", "put", tiny.directory.string(), "--name", "other"})
                 .out,
             Contains("\"replaced\":true"));
  CHECK(RunClient(server.address(), {"dataset", "rm", "tiny"}).exit_code == 0);
  const ProcessResult gone = RunClient(server.address(), {"dataset", "rm", "tiny"});
  CHECK(gone.exit_code == 1);
  CHECK_THAT(gone.err, Contains("no dataset \"tiny\""));
  CHECK_THAT(RunClient(server.address(), {"--json", "dataset", "ls"}).out,
             Contains("\"name\":\"other\"") && !Contains("\"name\":\"tiny\""));
}

TEST_CASE("put sends a stored file again that may not be read, and only that") {
  const test::Unprivileged user;  // the server's threads are so, too
  const DatasetServer server;
  const Tiny tiny;
  const std::vector<std::string> put = {"dataset", "put", tiny.directory.string()};
  REQUIRE(RunClient(server.address(), put).exit_code == 0);
  const fs::path file = server.vault->PathOf(Sha256(kTinyTexts.at("train_2.txt")));
  fs::permissions(file, fs::perms::none);
  const ProcessResult again = RunClient(server.address(), put);
  INFO(again.out << again.err);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.out, Contains("sending train_2.txt") && Contains("2 were there already"));
  CHECK(ContentOf(file) == kTinyTexts.at("train_2.txt"));
}

TEST_CASE("an upload that was killed half-way goes on where it was") {
  const DatasetServer server;
  std::string rows;
  while (rows.size() < 3'000'000) rows += "1,1\n";
  const Tiny tiny(
      {{"train_1.txt", rows}, {"train_2.txt", rows + "0,0\n"}, {"validate_1.txt", "0,1\n"}});
  {
    test::Process client(
        {kClient, "--coordinator", server.address(), "dataset", "put", tiny.directory.string()});
    client.WaitForLine("sending train_2.txt");
    client.Signal(SIGKILL);
    client.Wait();
  }
  const ProcessResult put =
      RunClient(server.address(), {"--json", "dataset", "put", tiny.directory.string()});
  INFO(put.out << put.err);
  CHECK(put.exit_code == 0);
  const std::size_t at = put.out.find("\"bytes_sent\":");
  REQUIRE(at != std::string::npos);
  CHECK(std::stoll(put.out.substr(at + 13)) <= 2'000'000 + 8);
}

TEST_CASE("a directory that is no dataset, or a malformed file, is refused with what is wrong") {
  const DatasetServer server;
  const Tiny tiny({{"train_1.txt", "0,0\n1,x\n"}, {"validate_1.txt", "0,1\n"}});
  const ProcessResult malformed =
      RunClient(server.address(), {"dataset", "put", tiny.directory.string()});
  CHECK(malformed.exit_code == 1);
  CHECK_THAT(malformed.err, Contains("tiny/train_1.txt:2:3"));
  fs::remove(tiny.directory / "validate_1.txt");
  const ProcessResult incomplete =
      RunClient(server.address(), {"dataset", "put", tiny.directory.string()});
  CHECK(incomplete.exit_code == 1);
  CHECK_THAT(incomplete.err, Contains("validate_*"));
  CHECK(RunClient(server.address(), {"dataset", "put", "/nothing/here"}).exit_code == 1);
}

TEST_CASE("a dataset that a job uses is neither replaced nor removed") {
  const std::map<std::string, std::vector<std::string>> users = {{"tiny", {"job-7"}}};
  const DatasetServer server(users);
  const Tiny tiny;
  // It is not there yet, but its name is a job's.
  const ProcessResult put =
      RunClient(server.address(), {"dataset", "put", tiny.directory.string()});
  CHECK(put.exit_code == 1);
  CHECK_THAT(put.err, Contains("job-7"));
}

TEST_CASE("split makes a dataset that can be put") {
  const DatasetServer server;
  const test::Scratch scratch;
  std::ofstream(scratch.path() / "rows.csv") << "0,0\n1,1\n2,0\n3,1\n4,0\n5,1\n6,0\n7,1\n";
  const fs::path out = scratch.path() / "parts";
  const std::vector<std::string> split = {
      kClient,    "dataset",    "split",           (scratch.path() / "rows.csv").string(),
      "--shards", "2",          "--seed",          "3",
      "--out",    out.string(), "--no-standardize"};
  const ProcessResult made = test::Run(split);
  INFO(made.out << made.err);
  CHECK(made.exit_code == 0);
  CHECK_THAT(made.out, Contains("6 rows in 2 shards, 2 validation rows"));
  CHECK(ContentOf(out / "train_1.txt").size() == 12);
  CHECK(ContentOf(out / "train_2.txt").size() == 12);
  CHECK(ContentOf(out / "validate_rows.txt").size() == 8);
  CHECK(RunClient(server.address(), {"dataset", "put", out.string()}).exit_code == 0);

  const ProcessResult again = test::Run(split);
  CHECK(again.exit_code == 1);
  CHECK_THAT(again.err, Contains("is there already") && Contains("--out"));
}

const std::string kPenguins =
    "bill,island,species\n40,Dream,Adelie\n42,,Adelie\n38,Biscoe,Adelie\n"
    "50,Biscoe,Gentoo\n48,Dream,Gentoo\n?,Biscoe,Gentoo\n";

TEST_CASE("a table is put in one step, standardised, with the names of its columns and classes") {
  const DatasetServer server;
  const test::Scratch scratch;
  std::ofstream(scratch.path() / "my penguins.csv") << kPenguins;
  const std::vector<std::string> put = {
      "dataset",  "put",     (scratch.path() / "my penguins.csv").string(),
      "--label",  "species", "--impute",
      "--shards", "2"};
  const ProcessResult first = RunClient(server.address(), put);
  INFO(first.out << first.err);
  CHECK(first.exit_code == 0);
  CHECK_THAT(first.out, Contains("my-penguins: 2 shards, 4 training rows, 2 validation rows, 3 "
                                 "features, 2 classes") &&
                            Contains("sent 4 files"));
  CHECK_THAT(RunClient(server.address(), put).out, Contains("sent 0 files"));
  CHECK_THAT(
      RunClient(server.address(), {"--json", "dataset", "ls"}).out,
      Contains("\"label\":\"species\"") && Contains("\"classNames\":[\"Adelie\",\"Gentoo\"]"));
  const ProcessResult shown = RunClient(server.address(), {"dataset", "show", "my-penguins"});
  INFO(shown.out << shown.err);
  CHECK_THAT(shown.out, Contains("6 rows, 2 columns that become 3 features") &&
                            Contains("Adelie   3     50.0 %") && Contains("Biscoe 4"));
}

TEST_CASE("a number to predict is said to be one where datasets are listed and shown") {
  const DatasetServer server;
  const test::Scratch scratch;
  const std::string file = (scratch.path() / "p.csv").string();
  std::ofstream(file) << kPenguins;
  const ProcessResult put =
      RunClient(server.address(), {"dataset", "put", file, "--label", "bill", "--regression",
                                   "--ignore", "island", "--shards", "1"});
  CHECK_THAT(put.err, Contains("p.csv:7:1: column 'bill': the label is missing"));
  std::ofstream(file) << "a,b\n1,2.5\n2,3.5\n3,4.5\n";
  const ProcessResult made =
      RunClient(server.address(), {"dataset", "put", file, "--regression", "--shards", "1"});
  INFO(made.out << made.err);
  CHECK_THAT(made.out, Contains("p: 1 shards, 2 training rows, 1 validation rows, 1 features, "
                                "to predict b") ||
                           Contains("p: 1 shard, 2 training rows, 1 validation rows, 1 features, "
                                    "to predict b"));
  CHECK_THAT(RunClient(server.address(), {"dataset", "ls"}).out, Contains("number"));
  CHECK_THAT(RunClient(server.address(), {"dataset", "show", "p"}).out,
             Contains("b, to predict: 2.5 to 4.5, mean 3.5"));
}

TEST_CASE("show says what is in a file, with what is missing, and in a directory") {
  const test::Scratch scratch;
  std::ofstream(scratch.path() / "p.csv") << kPenguins;
  const auto show = [&scratch](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {kClient, "dataset", "show"});
    return test::Run(std::move(arguments), {{}, scratch.path()}).out;
  };
  CHECK_THAT(show({"p.csv"}),
             Contains("bill    38     43.6  50        1") && Contains("Biscoe 3, Dream 2"));
  CHECK_THAT(show({"p.csv", "--json"}),
             Contains("\"greatest\":50") && Contains("\"Adelie\":3") && Contains("\"rows\":6"));
  CHECK_THAT(show({MLP_SOURCE_DIR "/datasets/letters"}),
             Contains("20000 rows, 16 columns that become 16 features"));
}

TEST_CASE("a directory is standardised into another one with the same files and rows") {
  const DatasetServer server;
  const test::Scratch scratch;
  const Tiny tiny({{"train_2.txt", "0,5,0\n4,5,1\n"},
                   {"train_10.txt", "2,5,1\n"},
                   {"validate_tiny.txt", "8,6,0\n"}});
  const auto split = [&](const std::string& directory) {
    return test::Run({kClient, "dataset", "split", directory}, {{}, scratch.path()});
  };
  const ProcessResult made = split(tiny.directory.string());
  INFO(made.out << made.err);
  CHECK(made.exit_code == 0);
  const fs::path out = scratch.path() / "tiny-standardized";
  CHECK(ContentOf(out / "train_10.txt") == "0,0,1\n");
  CHECK(ContentOf(out / "train_2.txt") == "-1.224744871391589,0,0\n1.224744871391589,0,1\n");
  CHECK(ContentOf(out / "validate_tiny.txt") == "3.6742346141747673,1,0\n");
  CHECK_THAT(ContentOf(out / "schema.json"), Contains("\"mean\": 2"));
  CHECK_THAT(split(out.string()).err, Contains("are standardised already"));
  const ProcessResult put = RunClient(server.address(), {"dataset", "put", tiny.directory.string(),
                                                         "--standardize", "--name", "std"});
  CHECK_THAT(put.out, Contains("std: 2 shards") && Contains("sent 4 files"));
  CHECK_THAT(RunClient(server.address(), {"dataset", "put", out.string(), "--name", "again"}).out,
             Contains("sent 0 files"));
  const ProcessResult options =
      RunClient(server.address(), {"dataset", "put", tiny.directory.string(), "--label", "1"});
  CHECK(options.exit_code == 1);
  CHECK_THAT(options.err, Contains("is a dataset already"));
}

TEST_CASE("a file that cannot be split leaves nothing behind") {
  const test::Scratch scratch;
  std::ofstream(scratch.path() / "rows.csv") << "width,class\n1,0\nx,1\n";
  const ProcessResult refused =
      test::Run({kClient, "dataset", "split", "rows.csv"}, {{}, scratch.path()});
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains("rows.csv:3:1: column 'width': 'x' is not a number"));
  CHECK(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()) == 1);
  CHECK(test::Run({kClient, "dataset", "split", "rows.csv", "--validation", "1"}).exit_code == 2);
  CHECK(test::Run({kClient, "dataset"}).exit_code == 2);
}

TEST_CASE("without a coordinator, put says so with its own exit code") {
  const Tiny tiny;
  const ProcessResult put = RunClient("127.0.0.1:1", {"dataset", "put", tiny.directory.string()});
  CHECK(put.exit_code == 3);
  CHECK_THAT(put.err, Contains("cannot reach the coordinator"));
}

}  // namespace
}  // namespace mlp::cli
