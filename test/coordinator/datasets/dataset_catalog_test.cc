#include "services/coordinator/datasets/dataset_catalog.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <optional>
#include <stop_token>

#include "libmlp/data/dataset_files.h"
#include "services/coordinator/job/dataset.h"
#include "test/coordinator/datasets/catalog_world.h"
#include "test/coordinator/datasets/dataset_files.h"
#include "test/support/no_descriptors.h"
#include "test/support/unprivileged.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

const Texts kOther = {{"train_1.txt", "1,2,3,0\n"}, {"validate_1.txt", "3,2,1,1\n"}};

TEST_CASE("a dataset whose files have come can be loaded and listed, also after a restart") {
  CatalogWorld world;
  const DatasetStatus put = world.Put("tiny", kTinyTexts).value();
  CHECK(put.stored);
  CHECK(put.record.training_rows == 3);
  CHECK(put.record.validation_rows == 1);
  CHECK(put.record.features == 2);
  CHECK(put.record.classes == 2);
  CHECK(put.record.create_time == world.clock.Now());
  if (GENERATE(false, true)) world.Restart();
  CHECK(world.Names() == std::vector<std::string>{"tiny"});
  const auto dataset = world.catalog->Load("tiny").value();
  REQUIRE(dataset->shards.size() == 2);
  CHECK(dataset->shards[0].file == "train_2.txt");
  CHECK(dataset->shards[1].sha256 == Sha256(kTinyTexts.at("train_10.txt")));
  CHECK(dataset->validation.rows() == 1);
}

TEST_CASE("a plan names each file that is missing, once, and how much of it is there") {
  CatalogWorld world;
  FilePiece begun;
  begun.sha256 = Sha256(kTinyTexts.at("train_2.txt"));
  begun.bytes = 12;
  begun.data = "0,0";
  world.Await(world.catalog->Write(std::move(begun))).value();
  world.Send(kTinyTexts.at("train_10.txt")).value();
  Texts texts = kTinyTexts;
  texts["train_3.txt"] = texts["train_2.txt"];
  const auto missing = world.Await(world.catalog->Plan(FilesOf(texts))).value();
  REQUIRE(missing.size() == 2);
  CHECK(missing[0].sha256 == Sha256(kTinyTexts.at("train_2.txt")));
  CHECK(missing[0].received == 3);
  CHECK(missing[1].received == 0);
}

TEST_CASE("a file that had all come when the coordinator was killed is asked for from its start") {
  CatalogWorld world;
  const std::string& text = kTinyTexts.at("train_2.txt");
  world.state.Write(fs::path("uploads") / Hex(Sha256(text)), text);
  world.Restart();
  const auto missing = world.Await(world.catalog->Plan(FilesOf(kTinyTexts))).value();
  REQUIRE(missing.size() == 3);
  for (const MissingFile& file : missing) CHECK(file.received == 0);
  CHECK(world.Put("tiny", kTinyTexts).ok());
  CHECK(world.FilesStored() == 3);
}

TEST_CASE("a dataset appears only when it is complete, well-formed and remembered") {
  CatalogWorld world;
  SECTION("a file is missing") {
    world.Send(kTinyTexts.at("train_2.txt")).value();
    const absl::Status status = world.Commit("tiny", kTinyTexts).status();
    CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
    CHECK_THAT(std::string(status.message()), Contains("2 of its files") && Contains("train_10"));
  }
  SECTION("a file is malformed") {
    Texts texts = kTinyTexts;
    texts["train_10.txt"] = "1,0,1\n1,x,1\n";
    const absl::Status status = world.Put("tiny", texts).status();
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(status.message()), Contains("tiny/train_10.txt:2:3: 'x'"));
  }
  SECTION("files differ in their features") {
    Texts texts = kTinyTexts;
    texts["train_10.txt"] = "1,0,1,1\n";
    CHECK(world.Put("tiny", texts).status().code() == absl::StatusCode::kInvalidArgument);
  }
  SECTION("it cannot be remembered") {
    world.ledger.failure = absl::ResourceExhaustedError("no room");
    CHECK(world.Put("tiny", kTinyTexts).status() == world.ledger.failure);
  }
  CHECK(world.Names().empty());
  CHECK(world.catalog->Load("tiny").status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("the same dataset put again stays as it is, whoever uses it") {
  CatalogWorld world;
  const DatasetStatus first = world.Put("tiny", kTinyTexts).value();
  world.ledger.used_by["tiny"] = {"job-1"};
  world.clock.RunFor(std::chrono::hours(1));
  CHECK(world.Await(world.catalog->Plan(FilesOf(kTinyTexts))).value().empty());
  const DatasetStatus again = world.Commit("tiny", kTinyTexts).value();
  CHECK(again.record == first.record);
  CHECK(again.used_by == std::vector<std::string>{"job-1"});
}

TEST_CASE("another content takes the place of the old one, whose files go") {
  CatalogWorld world;
  world.Put("tiny", kTinyTexts).value();
  world.Put("tiny", kOther).value();
  CHECK(world.catalog->Load("tiny").value()->features == 3);
  CHECK(world.FilesStored() == 2);
}

TEST_CASE("a file that another dataset has stays when one goes") {
  CatalogWorld world;
  world.Put("tiny", kTinyTexts).value();
  Texts texts = kTinyTexts;
  texts["train_10.txt"] = "0,0,1\n";
  world.Put("other", texts).value();
  CHECK(world.FilesStored() == 4);
  CHECK(world.Await(world.catalog->Remove("tiny")).ok());
  CHECK(world.FilesStored() == 3);
  CHECK(world.catalog->Load("other").ok());
  CHECK(world.catalog->Load("tiny").status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("what was sent for no dataset goes while the coordinator runs, what is in one stays") {
  CatalogWorld world;
  std::stop_source stop;
  world.tasks.Spawn(world.catalog->Run(stop.get_token()));
  const auto put = [&world](const Texts& texts) {
    for (const auto& [name, text] : texts) {
      FilePiece piece{Sha256(text), static_cast<std::int64_t>(text.size()), 0, text};
      std::optional<absl::StatusOr<std::int64_t>> written;
      world.tasks.Spawn(CatalogWorld::Note(world.catalog->Write(std::move(piece)), written));
      world.clock.RunFor(std::chrono::seconds(1));
      REQUIRE(written->ok());
    }
  };
  put(kTinyTexts);
  std::optional<absl::StatusOr<CommittedDataset>> committed, refused;
  world.tasks.Spawn(CatalogWorld::Note(
      world.catalog->Commit("tiny", InOrder(FilesOf(kTinyTexts)).value()), committed));
  world.clock.RunFor(std::chrono::seconds(1));
  REQUIRE(committed->ok());
  Texts malformed = kOther;
  malformed["train_1.txt"] = "x\n";
  put(malformed);
  world.tasks.Spawn(CatalogWorld::Note(
      world.catalog->Commit("other", InOrder(FilesOf(malformed)).value()), refused));
  world.clock.RunFor(std::chrono::minutes(20));
  REQUIRE_FALSE(refused->ok());
  CHECK(world.FilesStored() == 5);

  for (const auto& entry : fs::directory_iterator(world.state.path() / "files")) {
    fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - std::chrono::hours(2));
  }
  world.clock.RunFor(std::chrono::minutes(20));
  CHECK(world.FilesStored() == 3);
  CHECK(world.catalog->Load("tiny").ok());
  stop.request_stop();
  world.clock.RunAll();
}

TEST_CASE("a dataset that is larger than what may be sent is refused before it is sent") {
  CatalogWorld world;
  std::vector<DatasetFile> files = FilesOf(kTinyTexts);
  const std::int64_t gigabyte = std::int64_t{1} << 30;
  for (int i = 0; i < 16; ++i) {
    files.push_back({"train_big" + std::to_string(i), Sha256(std::to_string(i)), gigabyte});
  }
  const absl::Status status = world.Await(world.catalog->Plan(files)).status();
  CHECK(status.code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(std::string(status.message()), Contains("--upload-bytes"));
}

TEST_CASE("a dataset that a job uses is neither removed nor replaced") {
  CatalogWorld world;
  world.Put("tiny", kTinyTexts).value();
  std::shared_ptr<const Dataset> held;
  std::string who;
  SECTION("a job that is known") {
    world.ledger.used_by["tiny"] = {"job-3", "job-4"};
    who = "job-3, job-4; wait until they have ended, cancel them, or";
  }
  SECTION("a job that has just read it") {
    held = world.catalog->Load("tiny").value();
    who = "a job that is being created; wait until it has ended, cancel it, or";
  }
  const absl::Status removed = world.Await(world.catalog->Remove("tiny"));
  CHECK(removed.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(removed.message()), Contains("is used by " + who));
  for (const auto& [name, text] : kOther) world.Send(text).value();
  const absl::Status replaced = world.Commit("tiny", kOther).status();
  CHECK(replaced.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(replaced.message()), Contains("is used by " + who));
  world.ledger.used_by.clear();
  held = nullptr;
  CHECK(world.Await(world.catalog->Remove("tiny")).ok());
}

TEST_CASE("no job begins to use a dataset while it is replaced") {
  CatalogWorld world;
  world.Put("tiny", kTinyTexts).value();
  for (const auto& [name, text] : kOther) world.Send(text).value();
  world.ledger.held = true;
  std::optional<absl::StatusOr<CommittedDataset>> committed;
  world.tasks.Spawn(CatalogWorld::Note(
      world.catalog->Commit("tiny", InOrder(FilesOf(kOther)).value()), committed));
  world.clock.RunAll();
  CHECK(world.catalog->Load("tiny").status().code() == absl::StatusCode::kUnavailable);
  world.ledger.Release();
  world.clock.RunAll();
  REQUIRE(committed.has_value());
  REQUIRE(committed->ok());
  CHECK((*committed)->replaced);
  CHECK(world.catalog->Load("tiny").value()->features == 3);
}

TEST_CASE("jobs with the same content share it in memory") {
  CatalogWorld world;
  world.MakeDirectory("directory", kTinyTexts);
  world.Put("tiny", kTinyTexts).value();
  for (const char* name : {"tiny", "directory"}) {
    const auto first = world.catalog->Load(name).value();
    CHECK(world.catalog->Load(name).value() == first);
  }
}

TEST_CASE(
    "directories are found behind what is stored, and their files can be fetched once loaded") {
  CatalogWorld world;
  world.MakeDirectory("directory", kOther);
  world.MakeDirectory("tiny", kOther);
  world.MakeDirectory("broken", {{"train_1.txt", "x"}});
  world.Put("tiny", kTinyTexts).value();
  const std::vector<DatasetStatus> listed = world.Await(world.catalog->List());
  REQUIRE(listed.size() == 3);
  CHECK(listed[0].record.name == "broken");
  CHECK_THAT(listed[0].problem, Contains("validate_*"));
  CHECK(listed[1].record.name == "directory");
  CHECK_FALSE(listed[1].stored);
  CHECK(listed[1].record.features == 3);
  CHECK(listed[2].stored);
  CHECK(world.catalog->Load("tiny").value()->features == 2);

  const std::string shard = Sha256(kOther.at("train_1.txt"));
  CHECK(world.Await(world.catalog->Find(shard)).status().code() == absl::StatusCode::kNotFound);
  CHECK(world.catalog->Load("directory").ok());
  CHECK(ReadFile(world.Await(world.catalog->Find(shard)).value()).value() ==
        kOther.at("train_1.txt"));
  const std::string stored = Sha256(kTinyTexts.at("train_2.txt"));
  CHECK(ReadFile(world.Await(world.catalog->Find(stored)).value()).value() ==
        kTinyTexts.at("train_2.txt"));
}

TEST_CASE("names of directories and files that are not UTF-8 spoil no list of datasets") {
  CatalogWorld world;
  world.MakeDirectory("caf\xe9", kOther);
  world.MakeDirectory("good", kOther);
  world.MakeDirectory("renamed", {{"train_\xe9.txt", "x"}});
  const std::vector<DatasetStatus> listed = world.Await(world.catalog->List());
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].record.name == "good");
  CHECK(listed[0].problem.empty());
  CHECK(listed[1].record.name == "renamed");
  CHECK_THAT(listed[1].problem, Contains("is not UTF-8: rename it"));
}

TEST_CASE("a link in a directory is followed within the data directory only, as nodes do") {
  CatalogWorld world;
  const test::Scratch outside;
  world.MakeDirectory("directory", kOther);
  const fs::path shard = world.data.path() / "directory" / "train_1.txt";
  const fs::path inside = world.data.path() / "shard";
  fs::rename(shard, inside);
  fs::create_symlink(inside, shard);
  CHECK(world.catalog->Load("directory").ok());

  const char* const linked = GENERATE("train_2.txt", "validate_1.txt", "schema.json");
  const fs::path link = world.data.path() / "directory" / linked;
  fs::remove(link);
  fs::create_symlink(outside.Write("file", "nobody's,business,0\n"), link);
  const absl::Status status = world.catalog->Load("directory").status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  const std::string problem =
      std::string("'directory/") + linked + "' leads outside the data directory";
  CHECK(status.message() == problem);
  CHECK(world.Await(world.catalog->List()).at(0).problem == problem);
}

TEST_CASE("what cannot be removed is said to be a directory, or not to be there") {
  CatalogWorld world;
  world.MakeDirectory("directory", kOther);
  const absl::Status directory = world.Await(world.catalog->Remove("directory"));
  CHECK(directory.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(directory.message()), Contains("--data-dir"));
  const absl::Status nothing = world.Await(world.catalog->Remove("nothing"));
  CHECK(nothing.code() == absl::StatusCode::kNotFound);
  CHECK_THAT(std::string(nothing.message()), Contains("there are: directory"));
}

TEST_CASE("a stored file that was damaged is asked for again") {
  CatalogWorld world;
  world.Put("tiny", kTinyTexts).value();
  const std::string& text = kTinyTexts.at("train_2.txt");
  const fs::path path = world.vault->PathOf(Sha256(text));
  std::string wrong = "the stored file was damaged";
  SECTION("changed") { std::fstream(path, std::ios::in | std::ios::out) << "1"; }
  SECTION("truncated") { fs::resize_file(path, 3); }
  SECTION("deleted") {
    fs::remove(path);
    wrong = "the stored file cannot be read";
  }
  const absl::Status status = world.catalog->Load("tiny").status();
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  CHECK_THAT(std::string(status.message()),
             Contains("tiny/train_2.txt: " + wrong) && Contains("; put the dataset again"));
  const auto missing = world.Await(world.catalog->Plan(FilesOf(kTinyTexts))).value();
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].sha256 == Sha256(text));
  CHECK(world.Put("tiny", kTinyTexts).ok());
  CHECK(world.catalog->Load("tiny").ok());
}

TEST_CASE("a dataset whose files cannot be read for the moment keeps them") {
  CatalogWorld world;
  world.Put("tiny", kTinyTexts).value();
  world.MakeDirectory("directory", kOther);
  const std::map<std::string, std::string> named = {{"tiny", "tiny/train_2.txt: "},
                                                    {"directory", "cannot be read now: "}};
  for (const auto& [name, file] : named) {
    const auto loaded =
        test::WithoutDescriptors([&, &name = name] { return world.catalog->Load(name); });
    CHECK(loaded.status().code() == absl::StatusCode::kUnavailable);
    CHECK_THAT(std::string(loaded.status().message()),
               Catch::StartsWith(file) && Contains("Too many open files; try again"));
  }
  CHECK(world.FilesStored() == 3);
  CHECK(world.catalog->Load("tiny").ok());
  CHECK(world.catalog->Load("directory").ok());
}

TEST_CASE("a stored file that may not be read fails its jobs, and is asked for again") {
  CatalogWorld world;
  world.Put("tiny", kTinyTexts).value();
  const std::string& text = kTinyTexts.at("train_2.txt");
  fs::permissions(world.vault->PathOf(Sha256(text)), fs::perms::none);
  const test::Unprivileged user;
  const absl::Status status = world.catalog->Load("tiny").status();
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  CHECK_THAT(std::string(status.message()),
             Catch::StartsWith("tiny/train_2.txt: the stored file cannot be read: ") &&
                 Contains("Permission denied; put the dataset again"));
  CHECK(world.FilesStored() == 3);
  const auto missing = world.Await(world.catalog->Plan(FilesOf(kTinyTexts))).value();
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].sha256 == Sha256(text));
  const absl::Status committed = world.Commit("tiny", kTinyTexts).status();
  CHECK(committed.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(committed.message()), Contains("1 of its files have not come"));
  CHECK(world.Put("tiny", kTinyTexts).ok());
  CHECK(world.catalog->Load("tiny").ok());
}

TEST_CASE("a directory whose files may not be read is refused with the reason") {
  CatalogWorld world;
  world.MakeDirectory("directory", kOther);
  fs::permissions(world.data.path() / "directory" / "train_1.txt", fs::perms::none);
  const test::Unprivileged user;
  const absl::Status status = world.catalog->Load("directory").status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(status.message()),
             Catch::StartsWith("directory/train_1.txt: cannot be read: ") &&
                 Catch::EndsWith("train_1.txt: Permission denied"));
}

TEST_CASE("a good file stays where another file of its dataset is damaged") {
  CatalogWorld world;
  world.Put("tiny", kTinyTexts).value();
  fs::remove(world.vault->PathOf(Sha256(kTinyTexts.at("train_2.txt"))));
  const auto loaded = test::WithoutDescriptors([&] { return world.catalog->Load("tiny"); });
  CHECK(absl::IsDataLoss(loaded.status()));
  CHECK(world.FilesStored() == 2);
}

TEST_CASE("pieces of one file that come at once are stored one after the other") {
  CatalogWorld world;
  std::optional<absl::StatusOr<std::int64_t>> first, second;
  for (auto* answer : {&first, &second}) {
    FilePiece piece;
    piece.sha256 = Sha256("rows");
    piece.bytes = 4;
    piece.data = "ro";
    world.tasks.Spawn(CatalogWorld::Note(world.catalog->Write(std::move(piece)), *answer));
  }
  world.clock.RunAll();
  CHECK(first->value() == 2);
  CHECK(second->status().code() == absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("a coordinator without a state directory says how to have datasets stored") {
  CatalogWorld world;
  DatasetCatalog catalog(world.clock, world.workers, world.data_dir, nullptr, world.ledger, {});
  const std::vector<absl::Status> answers = {
      world.Await(catalog.Plan(FilesOf(kTinyTexts))).status(),
      world.Await(catalog.Write(FilePiece())).status(),
      world.Await(catalog.Commit("tiny", FilesOf(kTinyTexts))).status()};
  for (const absl::Status& status : answers) {
    CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
    CHECK_THAT(std::string(status.message()), Contains("--state-dir"));
  }
}

}  // namespace
}  // namespace mlp::coordinator
