#include "cli/timeline/timeline.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/client/errors.h"
#include "cli/client/event_stream.h"
#include "cli/files/job_log.h"
#include "cli/files/write_file.h"
#include "cli/timeline/chrome_trace.h"
#include "cli/timeline/model.h"
#include "cli/timeline/page/html.h"
#include "cli/timeline/records.h"
#include "cli/timeline/table.h"

namespace mlp::cli {
namespace {

using Events = std::vector<v1::JobEvent>;

// Writes what `render` makes of the timeline, if `file` is asked for.
absl::Status Write(const Session& session, const timeline::Timeline& timeline,
                   const std::optional<std::filesystem::path>& file,
                   std::string (*render)(const timeline::Timeline&)) {
  if (!file) return absl::OkStatus();
  const absl::Status written = WriteAtOnce(*file, render(timeline));
  if (written.ok() && !session.json) {
    session.terminal.out << "wrote " << file->string() << std::endl;
  }
  return written;
}

absl::Status WriteFiles(const Session& session, const timeline::Timeline& timeline,
                        const TimelineCommand& command) {
  absl::Status status = Write(session, timeline, command.csv, timeline::Csv);
  if (status.ok()) status = Write(session, timeline, command.html, timeline::Html);
  if (status.ok()) status = Write(session, timeline, command.chrome_trace, timeline::ChromeTrace);
  return status;
}

int Show(const Session& session, const timeline::Timeline& timeline,
         const TimelineCommand& command) {
  if (absl::Status status = WriteFiles(session, timeline, command); !status.ok()) {
    return Refuse(session, status);
  }
  const bool has_files = command.csv || command.html || command.chrome_trace;
  if (session.json) {
    session.terminal.out << timeline::JsonLines(timeline) << std::flush;
  } else if (!has_files) {
    timeline::PrintTable(session.terminal, timeline);
  }
  return kExitDone;
}

}  // namespace

int Run(const Session& session, const TimelineCommand& command) {
  const bool is_file = NamesJobLog(command.job);
  absl::StatusOr<Events> events;
  if (is_file) {
    events = ReadJobLog(command.job);
  } else {
    events = EventsSoFar(session, command.job);
  }
  if (!events.ok() && is_file) return Refuse(session, events.status());
  if (!events.ok()) return Fail(session, events.status());
  timeline::Timeline timeline = timeline::BuildTimeline(*events);
  timeline.job = is_file ? std::filesystem::path(command.job).stem().string() : command.job;
  return Show(session, timeline, command);
}

bool NamesJobLog(const std::string& job) {
  std::error_code ignored;
  return absl::EndsWith(job, ".jsonl") || absl::StrContains(job, "/") ||
         std::filesystem::is_regular_file(job, ignored);
}

}  // namespace mlp::cli
