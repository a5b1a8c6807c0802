#include "cli/files/job_log.h"

#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/client/message_text.h"

namespace mlp::cli {
namespace {

absl::StatusOr<v1::JobEvent> ParseLine(const std::string& line, std::size_t number) {
  if (line.size() > kMaxJobLogLineBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the line has more than ", kMaxJobLogLineBytes, " bytes"));
  }
  v1::JobEvent event;
  const auto parsed = google::protobuf::util::JsonStringToMessage(line, &event);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("is no event of a job log: ", std::string(parsed.message())));
  }
  if (event.event_case() == v1::JobEvent::EVENT_NOT_SET) {
    return absl::InvalidArgumentError("says nothing that happened");
  }
  if (event.sequence() != static_cast<std::int64_t>(number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("sequence is ", event.sequence(), ", not ", number, ": lines are missing"));
  }
  MakePrintable(event);
  return event;
}

// Reads to the end of the line and no further than the limit. False at the end of the file.
bool ReadLine(std::istream& file, std::string& line) {
  line.clear();
  for (int c = file.get(); c != std::istream::traits_type::eof(); c = file.get()) {
    if (c == '\n') return true;
    line.push_back(static_cast<char>(c));
    if (line.size() > kMaxJobLogLineBytes) return true;
  }
  return !line.empty();
}

absl::Status CheckFile(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return absl::NotFoundError(absl::StrCat("there is no file ", file.string()));
  }
  if (!std::filesystem::is_regular_file(file, error)) {
    return absl::InvalidArgumentError(absl::StrCat(file.string(), " is not a regular file"));
  }
  const auto size = std::filesystem::file_size(file, error);
  if (error || size <= kMaxJobLogBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(file.string(), " has ", size,
                                                 " bytes; job logs of at most ", kMaxJobLogBytes,
                                                 " bytes are read"));
}

}  // namespace

absl::StatusOr<std::vector<v1::JobEvent>> ReadJobLog(const std::filesystem::path& file) {
  if (absl::Status status = CheckFile(file); !status.ok()) return status;
  std::ifstream stream(file, std::ios::binary);
  std::vector<v1::JobEvent> events;
  for (std::string line; ReadLine(stream, line);) {
    const std::size_t number = events.size() + 1;
    absl::StatusOr<v1::JobEvent> event = ParseLine(line, number);
    if (!event.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file.string(), ":", number, ": ", event.status().message()));
    }
    events.push_back(*std::move(event));
  }
  if (stream.bad() || !stream.eof()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", file.string()));
  }
  if (events.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(file.string(), " is empty: it has no event"));
  }
  return events;
}

}  // namespace mlp::cli
