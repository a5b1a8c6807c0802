#include "services/coordinator/datasets/dataset_catalog.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "libmlp/data/dataset_files.h"
#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "services/coordinator/api/dataset_proto.h"
#include "services/coordinator/job/dataset.h"
#include "test/coordinator/datasets/dataset_files.h"
#include "test/support/no_descriptors.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

// Remembers in memory; fails, or waits, when it is told to.
class FakeLedger final : public DatasetLedger {
 public:
  explicit FakeLedger(async::Clock& clock) : released_(clock) {}

  async::Task<absl::Status> Save(DatasetRecord dataset) override {
    while (held) co_await released_.Wait();
    if (!failure.ok()) co_return failure;
    saved[dataset.name] = std::move(dataset);
    co_return absl::OkStatus();
  }
  async::Task<absl::Status> Remove(std::string name) override {
    if (!failure.ok()) co_return failure;
    saved.erase(name);
    co_return absl::OkStatus();
  }
  std::vector<std::string> UsersOf(const std::string& dataset) const override {
    return used_by.contains(dataset) ? used_by.at(dataset) : std::vector<std::string>();
  }
  void Release() {
    held = false;
    released_.Notify();
  }

  std::map<std::string, DatasetRecord> saved;
  std::map<std::string, std::vector<std::string>> used_by;  // ids of jobs, by dataset
  absl::Status failure;
  bool held = false;

 private:
  async::Signal released_;
};

struct World {
  World() { Restart(); }

  // The catalog as it is after the coordinator was started again.
  void Restart() {
    std::vector<DatasetRecord> stored;
    for (const auto& [name, record] : ledger.saved) stored.push_back(record);
    catalog.reset();
    catalog =
        std::make_unique<DatasetCatalog>(clock, workers, data_dir, vault.get(), ledger, stored);
  }

  template <class T>
  T Await(async::Task<T> task) {
    std::optional<T> result;
    tasks.Spawn(Note(std::move(task), result));
    clock.RunAll();
    return *std::move(result);
  }
  template <class T>
  static async::Task<> Note(async::Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }

  absl::StatusOr<std::int64_t> Send(const std::string& text) {
    FilePiece piece;
    piece.sha256 = Sha256(text);
    piece.bytes = static_cast<std::int64_t>(text.size());
    piece.data = text;
    return Await(catalog->Write(std::move(piece)));
  }
  absl::StatusOr<DatasetStatus> Commit(const std::string& name, const Texts& texts) {
    auto committed = Await(catalog->Commit(name, InOrder(FilesOf(texts)).value()));
    if (!committed.ok()) return committed.status();
    return std::move(committed->status);
  }
  absl::StatusOr<DatasetStatus> Put(const std::string& name, const Texts& texts) {
    for (const auto& [file, text] : texts) Send(text).value();
    return Commit(name, texts);
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const DatasetStatus& status : Await(catalog->List())) names.push_back(status.record.name);
    return names;
  }
  std::size_t FilesStored() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(state.path() / "files"), fs::directory_iterator()));
  }
  // A directory below the data directory.
  void MakeDirectory(const std::string& name, const Texts& texts) {
    for (const auto& [file, text] : texts) data.Write(fs::path(name) / file, text);
  }

  const test::Scratch state;
  const test::Scratch data;
  const fs::path data_dir = data.path();
  async::VirtualClock clock;
  async::InlineWorkers workers{clock};
  std::unique_ptr<FileVault> vault = FileVault::Open(state.path()).value();
  FakeLedger ledger{clock};
  async::TaskGroup tasks;
  std::unique_ptr<DatasetCatalog> catalog;
};

const Texts kOther = {{"train_1.txt", "1,2,3,0\n"}, {"validate_1.txt", "3,2,1,1\n"}};

TEST_CASE("a dataset whose files have come can be loaded and listed, also after a restart") {
  World world;
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
  World world;
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
  World world;
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
  World world;
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
  World world;
  const DatasetStatus first = world.Put("tiny", kTinyTexts).value();
  world.ledger.used_by["tiny"] = {"job-1"};
  world.clock.RunFor(std::chrono::hours(1));
  CHECK(world.Await(world.catalog->Plan(FilesOf(kTinyTexts))).value().empty());
  const DatasetStatus again = world.Commit("tiny", kTinyTexts).value();
  CHECK(again.record == first.record);
  CHECK(again.used_by == std::vector<std::string>{"job-1"});
}

TEST_CASE("another content takes the place of the old one, whose files go") {
  World world;
  world.Put("tiny", kTinyTexts).value();
  world.Put("tiny", kOther).value();
  CHECK(world.catalog->Load("tiny").value()->features == 3);
  CHECK(world.FilesStored() == 2);
}

TEST_CASE("a file that another dataset has stays when one goes") {
  World world;
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

TEST_CASE("a dataset that a job uses is neither removed nor replaced") {
  World world;
  world.Put("tiny", kTinyTexts).value();
  std::shared_ptr<const Dataset> held;
  std::string who;
  SECTION("a job that is known") {
    world.ledger.used_by["tiny"] = {"job-3", "job-4"};
    who = "job-3, job-4";
  }
  SECTION("a job that has just read it") {
    held = world.catalog->Load("tiny").value();
    who = "a job";
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
  World world;
  world.Put("tiny", kTinyTexts).value();
  for (const auto& [name, text] : kOther) world.Send(text).value();
  world.ledger.held = true;
  std::optional<absl::StatusOr<CommittedDataset>> committed;
  world.tasks.Spawn(
      World::Note(world.catalog->Commit("tiny", InOrder(FilesOf(kOther)).value()), committed));
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
  World world;
  world.MakeDirectory("directory", kTinyTexts);
  world.Put("tiny", kTinyTexts).value();
  for (const char* name : {"tiny", "directory"}) {
    const auto first = world.catalog->Load(name).value();
    CHECK(world.catalog->Load(name).value() == first);
  }
}

TEST_CASE(
    "directories are found behind what is stored, and their files can be fetched once loaded") {
  World world;
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

TEST_CASE("what cannot be removed is said to be a directory, or not to be there") {
  World world;
  world.MakeDirectory("directory", kOther);
  const absl::Status directory = world.Await(world.catalog->Remove("directory"));
  CHECK(directory.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(directory.message()), Contains("--data-dir"));
  const absl::Status nothing = world.Await(world.catalog->Remove("nothing"));
  CHECK(nothing.code() == absl::StatusCode::kNotFound);
  CHECK_THAT(std::string(nothing.message()), Contains("there are: directory"));
}

TEST_CASE("a stored file that was damaged is asked for again") {
  World world;
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
  World world;
  world.Put("tiny", kTinyTexts).value();
  world.MakeDirectory("directory", kOther);
  const std::map<std::string, std::string> named = {{"tiny", "tiny/train_2.txt: "},
                                                    {"directory", "cannot be read now: "}};
  {
    const test::NoDescriptors none;
    for (const auto& [name, file] : named) {
      const absl::Status status = world.catalog->Load(name).status();
      CHECK(status.code() == absl::StatusCode::kUnavailable);
      CHECK_THAT(std::string(status.message()),
                 Catch::StartsWith(file) && Contains("Too many open files; try again"));
    }
  }
  CHECK(world.FilesStored() == 3);
  CHECK(world.catalog->Load("tiny").ok());
  CHECK(world.catalog->Load("directory").ok());
}

TEST_CASE("a good file stays where another file of its dataset is damaged") {
  World world;
  world.Put("tiny", kTinyTexts).value();
  fs::remove(world.vault->PathOf(Sha256(kTinyTexts.at("train_2.txt"))));
  {
    const test::NoDescriptors none;
    CHECK(absl::IsDataLoss(world.catalog->Load("tiny").status()));
  }
  CHECK(world.FilesStored() == 2);
}

TEST_CASE("pieces of one file that come at once are stored one after the other") {
  World world;
  std::optional<absl::StatusOr<std::int64_t>> first, second;
  for (auto* answer : {&first, &second}) {
    FilePiece piece;
    piece.sha256 = Sha256("rows");
    piece.bytes = 4;
    piece.data = "ro";
    world.tasks.Spawn(World::Note(world.catalog->Write(std::move(piece)), *answer));
  }
  world.clock.RunAll();
  CHECK(first->value() == 2);
  CHECK(second->status().code() == absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("a coordinator without a state directory says how to have datasets stored") {
  World world;
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

Texts WithSchema(Texts texts, const std::string& schema) {
  texts["schema.json"] = schema;
  return texts;
}

const std::string kYesNo = R"({"columns": [{"name": "a", "scale": 1}, {"name": "b", "scale": 1}],
    "label": "c", "classes": ["no", "yes", "never"]})";
const std::string kRegression = R"({"columns": [{"name": "a", "scale": 1},
    {"name": "b", "scale": 1}], "label": "c"})";

TEST_CASE("a dataset's schema says what its classes are called, also after a restart") {
  World world;
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
  World world;
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
  World world;
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

TEST_CASE("a schema that is malformed, or not that of the rows, is refused with what is wrong") {
  World world;
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
