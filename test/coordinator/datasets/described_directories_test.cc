#include "services/coordinator/datasets/described_directories.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "services/coordinator/job/dataset.h"
#include "test/coordinator/datasets/dataset_files.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

// A data directory with the dataset "tiny", and how often any has been read.
struct Directories {
  Directories() { Make("tiny", kTinyTexts); }

  void Make(const std::string& name, const Texts& texts) {
    for (const auto& [file, text] : texts) data.Write(fs::path(name) / file, text);
  }
  // Lists them an hour after all that was written.
  std::vector<DescribedDirectory> List() {
    return described.List(std::chrono::system_clock::now() + std::chrono::hours(1));
  }
  absl::StatusOr<std::shared_ptr<const Dataset>> Read(const DatasetSources& sources) {
    ++reads;
    if (!failure.ok()) return failure;
    return ReadDataset(sources);
  }

  const test::Scratch data;
  int reads = 0;
  absl::Status failure;
  DescribedDirectories described{data.path(),
                                 [this](const DatasetSources& sources) { return Read(sources); }};
};

TEST_CASE("listing datasets reads the files of a directory once") {
  Directories directories;
  directories.Make("malformed", {{"train_1.txt", "1,x,1\n"}, {"validate_1.txt", "1,0,1\n"}});
  for (int time = 0; time < 3; ++time) {
    const auto listed = directories.List();
    REQUIRE(listed.size() == 2);
    CHECK_THAT(listed[0].problem, Contains("malformed/train_1.txt:1:3: 'x'"));
    const DatasetRecord& record = listed[1].record;
    CHECK(record.name == "tiny");
    CHECK(record.training_rows == 3);
    CHECK(record.validation_rows == 1);
    CHECK(record.features == 2);
    CHECK(record.classes == 2);
    CHECK(record.files == InOrder(FilesOf(kTinyTexts)).value());
  }
  CHECK(directories.reads == 2);
}

TEST_CASE("a file that was changed, added or taken away is seen in the next list") {
  Directories directories;
  const fs::path tiny = directories.data.path() / "tiny";
  const fs::path shard = tiny / "train_2.txt";
  directories.List();
  std::size_t rows = 3;
  SECTION("as long as before, and with its time") {
    const auto time = fs::last_write_time(shard);
    directories.data.Write("tiny/train_2.txt", "1,1,1\n1,1,0\n");
    fs::last_write_time(shard, time);
  }
  SECTION("longer") {
    directories.data.Write("tiny/train_2.txt", "0,0,0\n0,1,1\n1,1,1\n");
    rows = 4;
  }
  SECTION("another one in its place") {
    fs::rename(directories.data.Write("new", "0,0,0\n"), shard);
    rows = 2;
  }
  SECTION("one more shard") {
    directories.data.Write("tiny/train_3.txt", "0,0,0\n");
    rows = 4;
  }
  SECTION("one shard less") {
    fs::remove(tiny / "train_10.txt");
    rows = 2;
  }
  CHECK(directories.List().at(0).record.training_rows == rows);
  CHECK(directories.reads == 2);
}

TEST_CASE("a dataset whose files have just changed is read again, as their times may not change") {
  Directories directories;
  for (int time = 0; time < 2; ++time) directories.described.List(std::chrono::system_clock::now());
  CHECK(directories.reads == 2);
}

TEST_CASE("a failure that passes is not remembered, nor is a directory that is gone") {
  Directories directories;
  directories.failure = absl::UnavailableError("too many open files");
  CHECK(directories.List().at(0).problem == "too many open files");
  directories.failure = absl::OkStatus();
  CHECK(directories.List().at(0).problem.empty());
  CHECK(directories.reads == 2);
  fs::rename(directories.data.path() / "tiny", directories.data.path() / "other");
  CHECK(directories.List().at(0).record.name == "other");
  CHECK(directories.List().size() == 1);
  CHECK(directories.reads == 3);
}

}  // namespace
}  // namespace mlp::coordinator
