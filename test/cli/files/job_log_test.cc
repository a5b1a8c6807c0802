#include "cli/files/job_log.h"

#include <catch2/catch.hpp>
#include <string>

#include "cli/client/output.h"
#include "test/cli/show/recorded_job.h"
#include "test/support/scratch.h"

using namespace mlp;
using namespace mlp::cli;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

// A file that is removed with the object.
class LogFile {
 public:
  explicit LogFile(const std::string& text) : path_(scratch_.Write("job-1.jsonl", text)) {}
  const fs::path& path() const { return path_; }

 private:
  test::Scratch scratch_;
  fs::path path_;
};

const std::string kFirst =
    R"({"sequence":"1","time":"2024-05-31T12:00:00Z","waiting":{"reason":"a"}})";
const std::string kSecond =
    R"({"sequence":"2","time":"2024-05-31T12:00:01Z","waiting":{"reason":""}})";

void CheckRefused(const std::string& text, const std::string& place, const std::string& message) {
  const LogFile file(text);
  const absl::Status status = ReadJobLog(file.path()).status();
  INFO(status.ToString());
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()),
             Contains(file.path().string() + place) && Contains(message));
}

}  // namespace

TEST_CASE("a job log is read back as it was written") {
  std::string text;
  for (const v1::JobEvent& event : RecordedEvents()) text += Json(event) + "\n";
  const LogFile file(text);
  const auto events = ReadJobLog(file.path());
  REQUIRE(events.ok());
  REQUIRE(events->size() == RecordedEvents().size());
  for (std::size_t i = 0; i < events->size(); ++i) {
    CHECK((*events)[i].SerializeAsString() == RecordedEvents()[i].SerializeAsString());
  }
}

TEST_CASE("a job log without a newline at its end is fine") {
  const LogFile file(kFirst + "\n" + kSecond);
  const auto events = ReadJobLog(file.path());
  REQUIRE(events.ok());
  CHECK(events->size() == 2);
}

TEST_CASE("a bad job log is refused with file and line") {
  CheckRefused("", " is empty", "no event");
  CheckRefused("hello\n", ":1: ", "is no event");
  CheckRefused(kFirst + "\n\n" + kSecond + "\n", ":2: ", "is no event");
  CheckRefused(kFirst + "\n" + kSecond.substr(0, 40), ":2: ", "is no event");
  CheckRefused(kFirst + "\n{\"sequence\":\"2\"}\n", ":2: ", "says nothing");
  CheckRefused(kFirst + "\n{\"sequence\":\"2\",\"nonsense\":{}}\n", ":2: ", "nonsense");
  CheckRefused(kSecond + "\n", ":1: ", "sequence is 2, not 1: lines are missing");
  CheckRefused(kFirst + "\n" + kFirst + "\n", ":2: ", "sequence is 1, not 2");
}

TEST_CASE("a line without end is refused at the limit") {
  CheckRefused(kFirst + "\n" + std::string(2 * kMaxJobLogLineBytes, 'x'), ":2: ", "1048576 bytes");
}

TEST_CASE("a job log that is not there, or a directory, is refused with its name") {
  const absl::Status missing = ReadJobLog("/nowhere/job-1.jsonl").status();
  CHECK(absl::IsNotFound(missing));
  CHECK_THAT(std::string(missing.message()), Contains("/nowhere/job-1.jsonl"));
  const absl::Status directory = ReadJobLog(fs::temp_directory_path()).status();
  CHECK(absl::IsInvalidArgument(directory));
  CHECK_THAT(std::string(directory.message()), Contains("not a regular file"));
}
