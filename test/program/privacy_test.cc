#include "services/program/privacy.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "test/support/scratch.h"

namespace mlp::program {
namespace {

namespace fs = std::filesystem;

TEST_CASE("files and directories that a server makes are for its user only") {
  const test::Scratch scratch;
  const mode_t before = umask(022);
  KeepFilesPrivate();
  const fs::path file = scratch.Write("directory/file", "x");
  umask(before);
  const auto others = fs::perms::group_all | fs::perms::others_all;
  CHECK((fs::status(file).permissions() & others) == fs::perms::none);
  CHECK((fs::status(file.parent_path()).permissions() & others) == fs::perms::none);
}

TEST_CASE("a core dump of a server holds no memory") {
  const fs::path filter = "/proc/self/coredump_filter";
  const std::string filter_before = test::ContentOf(filter);
  rlimit limit_before{}, limit{};
  getrlimit(RLIMIT_CORE, &limit_before);
  KeepMemoryOutOfCoreDumps();
  getrlimit(RLIMIT_CORE, &limit);
  CHECK(limit.rlim_cur == 0);
  CHECK(std::stoul(test::ContentOf(filter), nullptr, 16) == 0);
  setrlimit(RLIMIT_CORE, &limit_before);
  std::ofstream(filter) << "0x" + filter_before;
}

}  // namespace
}  // namespace mlp::program
