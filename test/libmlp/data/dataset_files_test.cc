// Tests of finding, reading and naming the files of datasets.
#include "libmlp/data/dataset_files.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <string>

#include "test/support/no_descriptors.h"
#include "test/support/scratch.h"
#include "test/support/unprivileged.h"

namespace mlp {
namespace {

namespace fs = std::filesystem;

class Directory : public test::Scratch {
 public:
  using Scratch::Write;
  void Write(const std::string& name) const { Write(name, "1,0\n"); }
};

template <class T>
std::string DatasetRefusal(const absl::StatusOr<T>& result, absl::StatusCode code) {
  CHECK(result.status().code() == code);
  return std::string(result.status().message());
}
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

TEST_CASE("Numbers in names count as numbers") {
  CHECK(NaturalLess("train_2", "train_10"));
  CHECK_FALSE(NaturalLess("train_10", "train_2"));
  CHECK(NaturalLess("train_2.txt", "train_10.txt"));
  CHECK(NaturalLess("train_a9b2", "train_a9b10"));
  CHECK(NaturalLess("train", "train_1"));
  CHECK(NaturalLess("train_1", "train_a"));
  CHECK(NaturalLess("a99999999999999999999998", "a99999999999999999999999"));
  CHECK(NaturalLess("train_9", "train_010"));
  CHECK_FALSE(NaturalLess("train_1", "train_1"));
  // Equal numbers are ordered, too.
  CHECK(NaturalLess("train_01", "train_1") != NaturalLess("train_1", "train_01"));
  CHECK(NaturalLess("train_01_a", "train_1_b"));
  CHECK(NaturalLess("train_0", "train_1"));
}

TEST_CASE("A dataset is its training shards in natural order and its validation file") {
  const Directory directory;
  for (int i = 11; i >= 1; --i) directory.Write("train_letters" + std::to_string(i) + ".txt");
  directory.Write("validate_letters.txt");
  directory.Write("README.md");
  directory.Write("train_directory/file");
  const auto files = ListDatasetFiles(directory.path());
  REQUIRE(files.ok());
  REQUIRE(files->train.size() == 11);
  for (int i = 1; i <= 11; ++i) {
    CHECK(files->train[i - 1] == "train_letters" + std::to_string(i) + ".txt");
  }
  CHECK(files->validation == "validate_letters.txt");
}

TEST_CASE("A directory that is no dataset is refused with what is missing") {
  const Directory directory;
  const std::string name = directory.path().string();
  directory.Write("validate_a.txt");
  CHECK(DatasetRefusal(ListDatasetFiles(directory.path()), kInvalid) ==
        name + ": no shards: expected files named train_*");
  fs::remove(directory.path() / "validate_a.txt");
  directory.Write("train_1.txt");
  CHECK(DatasetRefusal(ListDatasetFiles(directory.path()), kInvalid) ==
        name + ": expected one file named validate_*, found none");
  directory.Write("validate_b.txt");
  directory.Write("validate_a.txt");
  CHECK(DatasetRefusal(ListDatasetFiles(directory.path()), kInvalid) ==
        name + ": expected one file named validate_*, found validate_a.txt, validate_b.txt");
  CHECK(DatasetRefusal(ListDatasetFiles(directory.path() / "none"), kNotFound) ==
        name + "/none: No such file or directory");
  CHECK(DatasetRefusal(ListDatasetFiles(directory.path() / "train_1.txt"), kNotFound) ==
        name + "/train_1.txt: Not a directory");
}

TEST_CASE("A file is read whole, with every byte as it is") {
  const Directory directory;
  const std::string bytes("1,0\r\n\0\xff", 7);
  directory.Write("file", bytes);
  directory.Write("empty", "");
  CHECK(ReadFile(directory.path() / "file").value() == bytes);
  CHECK(ReadFile(directory.path() / "empty").value().empty());
}

TEST_CASE("What is no readable file is refused") {
  const Directory directory;
  const std::string name = directory.path().string();
  CHECK(DatasetRefusal(ReadFile(directory.path() / "none"), kNotFound) ==
        name + "/none: No such file or directory");
  CHECK(DatasetRefusal(ReadFile(directory.path()), kInvalid) == name + ": Is a directory");
  directory.Write("huge");
  fs::resize_file(directory.path() / "huge", kMaxFileBytes + 1);  // sparse
  CHECK(DatasetRefusal(ReadFile(directory.path() / "huge"), kInvalid) ==
        name + "/huge: 1073741825 bytes, at most 1073741824 are possible: split the file");
}

TEST_CASE("What cannot be opened for the moment is told apart from what is no file") {
  constexpr auto kShort = absl::StatusCode::kResourceExhausted;
  const Directory directory;
  const std::string name = directory.path().string();
  directory.Write("train_1.txt");
  directory.Write("validate_1.txt");
  const auto file =
      test::WithoutDescriptors([&] { return ReadFile(directory.path() / "train_1.txt"); });
  CHECK(DatasetRefusal(file, kShort) == name + "/train_1.txt: Too many open files");
  const auto files = test::WithoutDescriptors([&] { return ListDatasetFiles(directory.path()); });
  CHECK(DatasetRefusal(files, kShort) == name + ": Too many open files");
  CHECK(ReadFile(directory.path() / "train_1.txt").ok());
  CHECK(ListDatasetFiles(directory.path()).ok());
}

TEST_CASE("What may not be read is told apart from what cannot be read for the moment") {
  constexpr auto kInternal = absl::StatusCode::kInternal;
  const Directory directory;
  const fs::path file = directory.path() / "train_1.txt";
  directory.Write("train_1.txt");
  fs::permissions(file, fs::perms::none);
  const test::Unprivileged user;
  CHECK(DatasetRefusal(ReadFile(file), kInternal) == file.string() + ": Permission denied");
}

TEST_CASE("Errors of the system are what passes, what lasts, and what is no file") {
  const auto code = [](int error) { return CannotRead("file", error).code(); };
  for (const int passes : {EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN, ENOBUFS, ETIMEDOUT, ESTALE}) {
    CAPTURE(passes);
    CHECK(code(passes) == absl::StatusCode::kResourceExhausted);
  }
  for (const int lasts : {EACCES, EPERM, EIO, EINVAL}) {
    CAPTURE(lasts);
    CHECK(code(lasts) == absl::StatusCode::kInternal);
  }
  CHECK(code(ENOENT) == kNotFound);
  CHECK(code(EISDIR) == kInvalid);
  CHECK(CannotRead("a/file", EIO).message() == "a/file: Input/output error");
}

TEST_CASE("Names below the root are resolved") {
  const Directory root;
  root.Write("letters/train_1.txt");
  fs::create_symlink(root.path() / "letters", root.path() / "link");
  const fs::path letters = root.path() / "letters";
  CHECK(ResolveBelow(root.path(), "letters").value() == letters);
  CHECK(ResolveBelow(root.path(), "./letters").value() == letters);
  CHECK(ResolveBelow(root.path(), "letters/train_1.txt").value() == letters / "train_1.txt");
  CHECK(ResolveBelow(root.path(), "link").value() == letters);
}

TEST_CASE("Names that leave the root, or name nothing, are refused") {
  const Directory root, outside;
  outside.Write("secret/train_1.txt");
  root.Write("letters/train_1.txt");
  fs::create_directory_symlink(outside.path(), root.path() / "out");
  fs::create_directory_symlink(root.path(), root.path() / "letters" / "self");
  const auto refusal = [&](std::string_view name, absl::StatusCode code) {
    return DatasetRefusal(ResolveBelow(root.path(), name), code);
  };
  CHECK(refusal("", kInvalid) == "the name is empty");
  CHECK(refusal("/etc", kInvalid) == "'/etc' is absolute: use a name below the data directory");
  CHECK(refusal(root.path().string() + "/letters", kInvalid).find("is absolute") !=
        std::string::npos);
  for (const char* name : {"..", "../x", "letters/../letters", "letters/.."}) {
    CHECK(refusal(name, kInvalid) ==
          std::string("'") + name + "' contains '..': use a name below the data directory");
  }
  CHECK(refusal("out", kInvalid) == "'out' leads outside the data directory");
  CHECK(refusal("out/secret/train_1.txt", kInvalid) ==
        "'out/secret/train_1.txt' leads outside the data directory");
  CHECK(refusal(std::string_view("letters\0x", 9), kInvalid) == "the name contains a zero byte");
  CHECK(refusal("none", kNotFound) == root.path().string() + "/none: No such file or directory");
  CHECK(refusal("letters/train_1.txt/x", kNotFound).find("Not a directory") != std::string::npos);
  CHECK(DatasetRefusal(ResolveBelow(root.path() / "none", "letters"), kNotFound) ==
        root.path().string() + "/none: No such file or directory");
}

TEST_CASE("A sibling whose name begins like the root's is outside of it") {
  const Directory directory;
  directory.Write("data/train_1.txt");
  directory.Write("data-secret/train_1.txt");
  fs::create_directory_symlink(directory.path() / "data-secret", directory.path() / "data/link");
  CHECK(DatasetRefusal(ResolveBelow(directory.path() / "data", "link"), kInvalid) ==
        "'link' leads outside the data directory");
}

}  // namespace
}  // namespace mlp
