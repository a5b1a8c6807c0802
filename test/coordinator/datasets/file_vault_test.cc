#include "services/coordinator/datasets/file_vault.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

#include "libmlp/data/dataset_files.h"
#include "services/base/retry_after.h"
#include "services/base/sha256.h"
#include "test/support/full_disk.h"
#include "test/support/no_descriptors.h"
#include "test/support/scratch.h"
#include "test/support/unprivileged.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

const std::string kText = "0,0,0\n1,1,1\n";
const std::string kDigest = Sha256(kText);
const auto kBytes = static_cast<std::int64_t>(kText.size());

struct Vault {
  absl::StatusOr<std::int64_t> Write(std::int64_t offset, std::string_view piece) {
    return vault->Write(kDigest, kBytes, offset, piece);
  }
  // Stores a whole file. Returns its digest.
  std::string Put(const std::string& text) {
    const std::string digest = Sha256(text);
    vault->Write(digest, static_cast<std::int64_t>(text.size()), 0, text).value();
    return digest;
  }
  fs::path UploadOf(const std::string& digest) const {
    return scratch.path() / "uploads" / Hex(digest);
  }

  const test::Scratch scratch;
  std::unique_ptr<FileVault> vault = FileVault::Open(scratch.path()).value();
};

void MakeOld(const fs::path& path, std::chrono::hours age) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - age);
}

TEST_CASE("a file that came in pieces is there when the last one has come") {
  Vault vault;
  CHECK(vault.Write(0, kText.substr(0, 5)).value() == 5);
  CHECK_FALSE(vault.vault->Has(kDigest));
  CHECK(vault.vault->Received(kDigest) == 5);
  CHECK(vault.Write(5, kText.substr(5)).value() == kBytes);
  CHECK(vault.vault->Has(kDigest));
  CHECK(vault.vault->Received(kDigest) == 0);
  CHECK(ReadFile(vault.vault->PathOf(kDigest)).value() == kText);
}

TEST_CASE("an upload goes on where it was after a restart") {
  Vault vault;
  vault.Write(0, kText.substr(0, 5)).value();
  vault.vault = FileVault::Open(vault.scratch.path()).value();
  vault.vault->DropOld();
  CHECK(vault.vault->Received(kDigest) == 5);
  CHECK(vault.Write(5, kText.substr(5)).value() == kBytes);
}

TEST_CASE("a piece from elsewhere in the file is refused with where to go on") {
  Vault vault;
  vault.Write(0, kText.substr(0, 5)).value();
  for (const std::int64_t offset : {0, 4, 6}) {
    const absl::Status status = vault.Write(offset, "1").status();
    CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
    CHECK_THAT(std::string(status.message()), Contains("begins at byte 5"));
  }
  CHECK(vault.Write(5, kText.substr(5)).value() == kBytes);
}

TEST_CASE("more bytes than the file has are refused, and what was there stays") {
  Vault vault;
  vault.Write(0, kText.substr(0, 5)).value();
  CHECK(vault.Write(5, kText).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(vault.vault->Received(kDigest) == 5);
}

TEST_CASE("a file whose digest is wrong is dropped") {
  Vault vault;
  std::string wrong = kText;
  wrong[0] = '1';
  const absl::Status status = vault.Write(0, wrong).status();
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  CHECK_THAT(std::string(status.message()), Contains(Hex(kDigest)));
  CHECK_FALSE(vault.vault->Has(kDigest));
  CHECK(vault.vault->Received(kDigest) == 0);
  CHECK(vault.Write(0, kText).value() == kBytes);
}

TEST_CASE("a file that cannot be checked for the moment costs no more than its last piece") {
  Vault vault;
  const std::size_t before = GENERATE(std::size_t{0}, std::size_t{5});
  if (before > 0) vault.Write(0, kText.substr(0, before)).value();
  const auto offset = static_cast<std::int64_t>(before);
  constexpr int kOne = 1;  // for the upload; none to read it again
  const auto written =
      test::WithoutDescriptors([&] { return vault.Write(offset, kText.substr(before)); }, kOne);
  CHECK(written.status().code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(written.status().message()),
             Contains(vault.UploadOf(kDigest).string() + ": Too many open files"));
  CHECK_FALSE(vault.vault->Has(kDigest));
  CHECK(vault.vault->Received(kDigest) == offset);
  CHECK(vault.Write(offset, kText.substr(before)).value() == kBytes);
  CHECK(vault.vault->Has(kDigest));
}

TEST_CASE("a file that cannot be put in its place costs no more than its last piece") {
  Vault vault;
  vault.Write(0, kText.substr(0, 5)).value();
  const fs::path place = vault.vault->PathOf(kDigest);
  vault.scratch.Write(place / "file", "in the way");
  const absl::Status status = vault.Write(5, kText.substr(5)).status();
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(status.message()), Contains("cannot write " + place.string()));
  CHECK(vault.vault->Received(kDigest) == 5);
  fs::remove_all(place);
  CHECK(vault.Write(5, kText.substr(5)).value() == kBytes);
  CHECK(vault.vault->Has(kDigest));
}

TEST_CASE("a file that is there is not written again") {
  Vault vault;
  vault.Write(0, kText).value();
  CHECK(vault.Write(3, "anything").value() == kBytes);
  CHECK(ReadFile(vault.vault->PathOf(kDigest)).value() == kText);
}

TEST_CASE("a full disk leaves nothing half there, and the upload goes on when there is room") {
  Vault vault;
  vault.Write(0, kText.substr(0, 5)).value();
  {
    const test::FullDisk full(8);
    const absl::Status status = vault.Write(5, kText.substr(5)).status();
    CHECK(status.code() == absl::StatusCode::kResourceExhausted);
    CHECK(RetryAfterOf(status).has_value());
    CHECK_THAT(std::string(status.message()), Contains("no room"));
    CHECK(vault.vault->Received(kDigest) == 5);
  }
  CHECK(vault.Write(5, kText.substr(5)).value() == kBytes);
}

TEST_CASE("uploads are bounded, and those that stand still make room") {
  Vault vault;
  for (std::size_t i = 0; i < kMaxUploads; ++i) {
    vault.vault->Write(Sha256(std::to_string(i)), 100, 0, "begun").value();
  }
  const absl::Status status = vault.Write(0, kText).status();
  CHECK(status.code() == absl::StatusCode::kResourceExhausted);
  CHECK(RetryAfterOf(status).has_value());
  CHECK_THAT(std::string(status.message()),
             Contains("64 files are being uploaded, which is the limit"));
  CHECK(vault.vault->Write(Sha256("0"), 100, 5, "goes on").value() == 12);
  MakeOld(vault.UploadOf(Sha256("1")), std::chrono::hours(1));
  CHECK(vault.Write(0, kText).value() == kBytes);
  CHECK(vault.vault->Received(Sha256("1")) == 0);
}

TEST_CASE("what no dataset has claimed goes an hour after the last piece of any file came") {
  Vault vault;
  const std::string upload = Sha256("upload");
  vault.vault->Write(upload, 100, 0, "begun").value();
  const std::string claimed = vault.Put("claimed"), first = vault.Put("first"),
                    last = vault.Put("last");
  vault.vault->Claim({claimed});
  MakeOld(vault.UploadOf(upload), std::chrono::hours(2));
  for (const std::string& file : {claimed, first}) {
    MakeOld(vault.vault->PathOf(file), std::chrono::hours(2));
  }
  vault.vault->DropOld();
  CHECK(vault.vault->Has(first));
  CHECK(vault.vault->Received(upload) == 5);

  MakeOld(vault.vault->PathOf(last), std::chrono::hours(2));
  if (GENERATE(false, true)) {
    vault.vault = FileVault::Open(vault.scratch.path()).value();  // after a restart
    vault.vault->Claim({claimed});
  }
  vault.vault->DropOld();
  CHECK(vault.vault->Has(claimed));
  CHECK_FALSE(vault.vault->Has(first));
  CHECK_FALSE(vault.vault->Has(last));
  CHECK(vault.vault->Received(upload) == 0);
}

TEST_CASE("what no dataset has claimed is bounded in bytes, and what is old makes room") {
  Vault vault;
  vault.vault = FileVault::Open(vault.scratch.path(), 20).value();
  vault.vault->Write(Sha256("upload"), 100, 0, "12345").value();
  const std::string whole = vault.Put("1234567890");
  const auto refused = vault.Write(0, kText.substr(0, 6)).status();
  CHECK(refused.code() == absl::StatusCode::kResourceExhausted);
  CHECK_FALSE(RetryAfterOf(refused).has_value());
  CHECK_THAT(std::string(refused.message()),
             Contains("may have 20 bytes in all (mlp-coordinator --upload-bytes), and 6 more"));
  CHECK(vault.vault->Received(kDigest) == 0);

  SECTION("a dataset claims it") {
    const auto claimed = vault.vault->Claim({whole});
    CHECK(vault.vault->CheckRoom(15).ok());
    vault.vault->Disclaim(claimed);
    CHECK_FALSE(vault.vault->CheckRoom(6).ok());
    vault.vault->Claim({whole});
  }
  SECTION("it is old") { MakeOld(vault.vault->PathOf(whole), std::chrono::hours(2)); }
  SECTION("it is removed") { vault.vault->Remove(whole); }
  CHECK(vault.Write(0, kText).value() == kBytes);
  CHECK_FALSE(vault.vault->CheckRoom(4).ok());
  CHECK(vault.vault->CheckRoom(3).ok());
}

TEST_CASE("what was unclaimed before a restart counts again when the vault was looked through") {
  Vault vault;
  vault.Put("1234567890");
  vault.vault = FileVault::Open(vault.scratch.path(), 20).value();
  vault.vault->DropOld();
  CHECK(vault.vault->CheckRoom(10).ok());
  CHECK_FALSE(vault.vault->CheckRoom(11).ok());
}

TEST_CASE("a claimed file that was damaged is claimed still when the same bytes have come again") {
  Vault vault;
  const std::string file = vault.Put("bytes");
  vault.vault->Claim({file});
  std::fstream(vault.vault->PathOf(file), std::ios::in | std::ios::out) << "x";
  vault.vault->RemoveIfDamaged(file);
  CHECK(vault.Put("bytes") == file);
  MakeOld(vault.vault->PathOf(file), std::chrono::hours(2));
  vault.vault->DropOld();
  CHECK(vault.vault->Has(file));
}

TEST_CASE("a damaged file is removed, a good one stays") {
  Vault vault;
  vault.Write(0, kText).value();
  vault.vault->RemoveIfDamaged(kDigest);
  CHECK(vault.vault->Has(kDigest));
  std::fstream(vault.vault->PathOf(kDigest), std::ios::in | std::ios::out) << "1";
  vault.vault->RemoveIfDamaged(kDigest);
  CHECK_FALSE(vault.vault->Has(kDigest));
}

TEST_CASE("a file that cannot be read for the moment is not taken for a damaged one") {
  Vault vault;
  vault.Write(0, kText).value();
  const bool can_read = test::WithoutDescriptors([&] {
    vault.vault->RemoveIfDamaged(kDigest);
    return vault.vault->CanRead(kDigest);
  });
  CHECK(can_read);
  CHECK(vault.vault->Has(kDigest));
  CHECK(vault.vault->CanRead(kDigest));
}

// Makes reading the file fail as on a broken disk: it opens, and nothing can be read from it.
void Break(const fs::path& file) {
  fs::remove(file);
  fs::create_symlink("/proc/self/mem", file);
}

TEST_CASE("a file that cannot be read any more stays until the same bytes have come again") {
  Vault vault;
  vault.Write(0, kText).value();
  CHECK(vault.vault->CanRead(kDigest));
  const fs::path file = vault.vault->PathOf(kDigest);
  std::optional<test::Unprivileged> user;
  SECTION("without permission") {
    fs::permissions(file, fs::perms::none);
    user.emplace();
  }
  SECTION("on a broken disk") { Break(file); }
  vault.vault->RemoveIfDamaged(kDigest);
  CHECK(vault.vault->Has(kDigest));
  CHECK_FALSE(vault.vault->CanRead(kDigest));
  CHECK(vault.Write(0, kText.substr(0, 5)).value() == 5);
  CHECK(vault.Write(5, kText.substr(5)).value() == kBytes);
  CHECK(vault.vault->CanRead(kDigest));
  CHECK(ReadFile(file).value() == kText);
}

TEST_CASE("an upload stays when fewer bytes are sent by its digest, unless it stands still") {
  Vault vault;
  vault.Write(0, kText.substr(0, 5)).value();
  const auto send_less = [&] { return vault.vault->Write(kDigest, 3, 0, "0,0"); };
  CHECK(send_less().status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(vault.vault->Received(kDigest) == 5);
  MakeOld(vault.UploadOf(kDigest), std::chrono::hours(1));
  CHECK(send_less().status().code() == absl::StatusCode::kDataLoss);
  CHECK(vault.Write(0, kText).value() == kBytes);
}

TEST_CASE("an upload of all bytes that was not completed begins anew") {
  Vault vault;
  vault.scratch.Write(fs::path("uploads") / Hex(kDigest), kText);
  CHECK(vault.Write(0, kText).value() == kBytes);
  CHECK(vault.vault->Has(kDigest));
}

TEST_CASE("a state directory that cannot be made is refused with the option to change") {
  const test::Scratch scratch;
  std::ofstream(scratch.path() / "file") << "x";
  const absl::Status status = FileVault::Open(scratch.path() / "file").status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), Contains("--state-dir"));
}

}  // namespace
}  // namespace mlp::coordinator
