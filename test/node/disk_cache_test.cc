#include "services/node/disk_cache.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>
#include <sstream>

#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "test/node/run/fake_source.h"
#include "test/node/shard_files.h"
#include "test/support/full_disk.h"
#include "test/support/no_descriptors.h"
#include "test/support/unprivileged.h"

namespace mlp::node {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

// Collects the program's log while it lives.
class Logged {
 public:
  Logged()
      : before_(spdlog::default_logger()),
        sink_(std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink_));
  }
  ~Logged() { spdlog::set_default_logger(before_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink_;
};

struct DiskCacheWorld {
  explicit DiskCacheWorld(std::uint64_t capacity = 1000) : capacity(capacity) { Restart(); }

  void Restart() {
    cache.emplace(directory, DiskCache::TakeOver(directory, capacity).value(), origin, workers);
  }
  absl::StatusOr<std::string> Fetch(const std::string& digest) {
    std::optional<absl::StatusOr<std::string>> answer;
    tasks.Spawn(Note(digest, answer));
    clock.RunAll();
    return *answer;
  }
  async::Task<> Note(std::string digest, std::optional<absl::StatusOr<std::string>>& answer) {
    answer = co_await cache->Fetch(std::move(digest), {});
  }
  fs::path FileOf(const std::string& digest) const { return directory / Hex(digest); }

  const DataDirectory scratch;
  const fs::path directory = scratch.path() / "cache";
  const std::uint64_t capacity;
  async::VirtualClock clock;
  async::InlineWorkers workers{clock};
  FakeSource origin{clock};
  async::TaskGroup tasks;
  std::optional<DiskCache> cache;
};

TEST_CASE("a file is fetched once, also across a restart") {
  DiskCacheWorld world;
  const std::string digest = world.origin.Add("rows");
  CHECK(world.Fetch(digest).value() == "rows");
  CHECK(world.Fetch(digest).value() == "rows");
  world.Restart();
  CHECK(world.Fetch(digest).value() == "rows");
  CHECK(world.origin.asked.size() == 1);
}

TEST_CASE("a file in the cache that is not what it was is fetched again, with a warning") {
  DiskCacheWorld world;
  const std::string digest = world.origin.Add("some rows");
  world.Fetch(digest).value();
  const fs::path file = world.FileOf(digest);
  const bool restart = GENERATE(false, true);
  std::string reason;
  SECTION("truncated") {
    fs::resize_file(file, 3);
    reason = restart ? "another SHA-256" : "3 bytes instead of 9";
  }
  SECTION("one byte changed") {
    std::fstream(file, std::ios::in | std::ios::out) << "S";
    reason = "another SHA-256";
  }
  SECTION("empty") {
    fs::resize_file(file, 0);
    reason = restart ? "another SHA-256" : "0 bytes instead of 9";
  }
  if (restart) world.Restart();
  const Logged logged;
  CHECK(world.Fetch(digest).value() == "some rows");
  CHECK(world.origin.asked.size() == 2);
  CHECK_THAT(logged.text(), Contains(file.string()) && Contains(reason) && Contains("refetched"));
  CHECK(world.Fetch(digest).value() == "some rows");
  CHECK(world.origin.asked.size() == 2);
}

TEST_CASE("a file that was deleted from the cache is fetched again, with a warning") {
  DiskCacheWorld world;
  const std::string digest = world.origin.Add("rows");
  world.Fetch(digest).value();
  fs::remove(world.FileOf(digest));
  const Logged logged;
  CHECK(world.Fetch(digest).value() == "rows");
  CHECK_THAT(logged.text(), Contains(Hex(digest)) && Contains("refetched"));
  CHECK(fs::exists(world.FileOf(digest)));
}

TEST_CASE("a file in the cache that cannot be read for the moment is fetched, and stays") {
  DiskCacheWorld world;
  const std::string digest = world.origin.Add("rows");
  world.Fetch(digest).value();
  const Logged logged;
  CHECK(test::WithoutDescriptors([&] { return world.Fetch(digest); }).value() == "rows");
  CHECK(world.origin.asked.size() == 2);
  CHECK_THAT(logged.text(), Contains(Hex(digest)) && Contains("Too many open files; refetched") &&
                                !Contains("cannot keep files"));
  CHECK(world.Fetch(digest).value() == "rows");
  CHECK(world.origin.asked.size() == 2);
}

TEST_CASE("a file in the cache that may not be read is fetched and replaced, with a warning") {
  DiskCacheWorld world;
  const std::string digest = world.origin.Add("rows");
  world.Fetch(digest).value();
  const fs::path file = world.FileOf(digest);
  fs::permissions(file, fs::perms::none);
  const test::Unprivileged user;
  const Logged logged;
  CHECK(world.Fetch(digest).value() == "rows");
  CHECK_THAT(logged.text(),
             Contains("cache file " + file.string() + ": Permission denied; refetched"));
  CHECK(world.Fetch(digest).value() == "rows");
  CHECK(world.origin.asked.size() == 2);
}

TEST_CASE("the cache keeps within its bytes and drops what was used least recently") {
  DiskCacheWorld world(10);
  const std::string a = world.origin.Add("aaaa");
  const std::string b = world.origin.Add("bbbb");
  const std::string c = world.origin.Add("cccc");
  world.Fetch(a).value();
  world.Fetch(b).value();
  world.Fetch(a).value();
  world.Fetch(c).value();
  CHECK(fs::exists(world.FileOf(a)));
  CHECK_FALSE(fs::exists(world.FileOf(b)));
  CHECK(fs::exists(world.FileOf(c)));
}

TEST_CASE("which file was used last is known after a restart") {
  DiskCacheWorld world(10);
  const std::string a = world.origin.Add("aaaa");
  const std::string b = world.origin.Add("bbbb");
  world.Fetch(a).value();
  world.Fetch(b).value();
  // The file looks as if b had been used an hour ago.
  fs::last_write_time(world.FileOf(b), fs::file_time_type::clock::now() - std::chrono::hours(1));
  world.Restart();
  world.Fetch(world.origin.Add("cccc")).value();
  CHECK(fs::exists(world.FileOf(a)));
  CHECK_FALSE(fs::exists(world.FileOf(b)));
}

TEST_CASE("a smaller limit takes effect at the start") {
  DiskCacheWorld world(1000);
  const std::string a = world.origin.Add("aaaa");
  const std::string large = world.origin.Add("a large file");
  world.Fetch(a).value();
  world.Fetch(large).value();
  CHECK(DiskCache::TakeOver(world.directory, 4).value().bytes() == 4);
  CHECK(fs::exists(world.FileOf(a)));
  CHECK_FALSE(fs::exists(world.FileOf(large)));
}

TEST_CASE("a file larger than the cache is handed out and not kept") {
  DiskCacheWorld world(3);
  const std::string digest = world.origin.Add("rows");
  CHECK(world.Fetch(digest).value() == "rows");
  CHECK(fs::is_empty(world.directory));
  CHECK(world.Fetch(digest).value() == "rows");
  CHECK(world.origin.asked.size() == 2);
}

TEST_CASE("what an interrupted write left is removed at the start, other people's files are not") {
  DiskCacheWorld world;
  const fs::path part = world.directory / (Hex(Sha256("rows")) + ".part");
  std::ofstream(part) << "ro";
  std::ofstream(world.directory / "notes.txt") << "mine";
  world.Restart();
  CHECK_FALSE(fs::exists(part));
  CHECK(fs::exists(world.directory / "notes.txt"));
}

TEST_CASE("a cache that cannot be written to costs nothing but the cache, and says so once") {
  DiskCacheWorld world;
  std::optional<test::FullDisk> full;
  SECTION("it is gone") { fs::remove_all(world.directory); }
  SECTION("the disk is full") { full.emplace(1); }
  const std::string digest = world.origin.Add("rows");
  const Logged logged;
  CHECK(world.Fetch(digest).value() == "rows");
  CHECK(world.Fetch(digest).value() == "rows");
  const std::string text = logged.text();
  const std::size_t first =
      text.find("cannot keep files in the cache directory " + world.directory.string());
  REQUIRE(first != std::string::npos);
  CHECK(text.find("cannot keep files in", first + 1) == std::string::npos);
  CHECK_FALSE(fs::exists(world.FileOf(digest)));
  full.reset();
  fs::create_directories(world.directory);
  world.Fetch(digest).value();
  CHECK(fs::exists(world.FileOf(digest)));
}

TEST_CASE("what the origin does not have is its error, and nothing is kept") {
  DiskCacheWorld world;
  CHECK(world.Fetch(Sha256("unknown")).status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(fs::is_empty(world.directory));
}

TEST_CASE("a directory that cannot be made is refused with the option to change") {
  const DataDirectory data;
  std::ofstream(data.path() / "file") << "x";
  const absl::Status status = DiskCache::TakeOver(data.path() / "file" / "cache", 10).status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), Contains("--cache-dir"));
}

}  // namespace
}  // namespace mlp::node
